/** How the servers of the lab end. */
import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** Ends a server at once, with its connections. */
export function stopServer(server: Server | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    // One that is still shaking hands is none yet: it would stay open until its client has enough of it.
    for (const event of ['connection', 'secureConnection']) server.on(event, (socket: Socket) => socket.destroy());
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
