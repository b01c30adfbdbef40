using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;

namespace ExchangeEngine;

/// <summary>
/// Runs the engine's own out-of-process PSRP server on standard input and output. The only argument is the session
/// configuration file (.pssc) of every runspace.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 1)
        {
            Console.Error.WriteLine("Expected the path of a session configuration file.");
            return 2;
        }
        AssemblyLoadContext.Default.Resolving += StandIn;
        Type server = Engine.GetType("System.Management.Automation.Remoting.Server.StdIOProcessMediator", throwOnError: true)!;
        MethodInfo run = server.GetMethod("Run", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!;
        run.Invoke(null, [null, null, null, arguments[0], false]);
        return 0;
    }

    private static Assembly Engine => typeof(System.Management.Automation.PSObject).Assembly;

    /// <summary>
    /// The engine builds its default session from assemblies that NuGet's package of the engine alone does not bring. It
    /// asks for them under its own version and public key; empty ones do.
    /// </summary>
    private static Assembly? StandIn(AssemblyLoadContext context, AssemblyName wanted)
    {
        if (wanted.Name is not ("Microsoft.PowerShell.ConsoleHost" or "Microsoft.PowerShell.Commands.Utility"
            or "Microsoft.PowerShell.Commands.Management" or "Microsoft.PowerShell.Security"
            or "Microsoft.PowerShell.Commands.Diagnostics"))
        {
            return null;
        }
        AssemblyName name = new(Engine.FullName!) { Name = wanted.Name };
        PersistedAssemblyBuilder empty = new(name, typeof(object).Assembly);
        empty.DefineDynamicModule(wanted.Name);
        using MemoryStream image = new();
        empty.Save(image);
        image.Position = 0;
        return context.LoadFromStream(image);
    }
}
