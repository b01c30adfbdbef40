/** What the dialog shows of presets, in German, by the preset's id; in English it stands with the preset. */

/** What to know of it before relying on it. */
export const PRESET_NOTES_DE: Readonly<Record<string, string>> = {
  'android-management-api':
    'Die API kennt keine EAS-ID: Telefone werden durch den Aktivierungslink zusammengeführt; oder nehmen Sie die exchange_device_id, die die verwaltete Konfiguration an Gmail verteilt, in den Datensatz auf. Ein verlorenes Gerät und eines, dessen securityPosture gefährdet oder kompromittiert ist, ist nicht konform.',
  'blackberry-uem':
    'Nach der Dokumentation des Herstellers, nicht ausprobiert. Die Antworten haben anstelle des Benutzers einen Verweis: nehmen Sie guid, username und emailAddress als user in den Datensatz auf. Ein Gerät ist konform, wenn outOfComplianceInfo leer ist, oder wenn es fehlt (wie in der Liste der Geräte) und das Gerät nicht kompromittiert ist.',
  csv: 'Spalten: id, easId, upn, email, name, platform, osVersion, manufacturer, model, serial, imei, managed, compliance, graceUntil, removal (wipe oder retire, wenn das MDM dazu aufgefordert ist), enrolledAt, lastSeenAt, oder ihre deutschen Namen. Mehrere Werte in einer Zelle trennt ein Semikolon. Ein Text kann Komma, Semikolon oder Tabulator zwischen den Zellen haben, und ein Fehler wird mit seiner Zeile genannt. Ein unbekanntes Wort in managed, compliance oder removal ist ein Fehler. Von einer Datei ohne die Spalte compliance ist nichts bekannt: wählen Sie „verwaltet genügt“, oder es bleibt unbekannt.',
  'google-workspace':
    'deviceId ist nur bei Geräten von Google Sync eine EAS-ID; andere werden durch den Aktivierungslink zusammengeführt. Ein genehmigtes Gerät ist konform, wenn Google es nicht kompromittiert nennt; ein gesperrtes ist es nicht.',
  'ivanti-epmm':
    'Die EAS-ID steht nicht in der Geräteliste: fügen Sie sie zuerst aus /api/v1/eas/devices als easDeviceId hinzu. Nach der Dokumentation des Herstellers, nicht ausprobiert. Ein Gerät, das kompromittiert, in Quarantäne, verloren oder infiziert ist, oder dessen security_state nicht Ok ist, ist nicht konform; eines mit mdm_managed false ist nicht verwaltet.',
  'jamf-pro':
    'Jamf Pro hat keine eigene Konformität: verwaltet genügt, wenn der Abschnitt SECURITY das Gerät nicht jailbroken nennt. Ohne den Abschnitt GENERAL weiß niemand, ob es verwaltet ist, und die Konformität ist unbekannt. Für eine Smart Group wählen Sie die Vorlage für deren Antwort.',
  'jamf-pro-classic':
    'Ein Aufruf je Gerät: teilen Sie die Liste der IDs, rufen Sie auf, und setzen Sie einen Join-Node vor diesen. Keine Konformität: verwaltet genügt, wenn security das Gerät nicht jailbroken nennt. Um nach einer Smart Group zu gehen, kopieren Sie die Feldzuordnung und ergänzen Sie compliance.',
  'jamf-pro-smart-group':
    'Eine Smart Group konformer Geräte: ihre verwalteten Mitglieder sind es, und ein Gerät, das nicht darin ist, gilt als nicht registriert. Die Antwort ist flach: sie hat keine Abschnitte.',
  maas360:
    'mdmMailboxDeviceId ist, was das MDM verteilt hat; beides kann leer sein. Ein einzelnes Gerät kommt als Objekt und nicht als Liste. Richtlinie, Apps, Regeln und Passcode müssen in Ordnung sein, soweit sie genannt sind, und ein Gerät mit Jailbreak ist nicht konform.',
  manageengine:
    'Geben Sie diesem Node die Antwort als Text: ihre IDs haben bis zu 19 Stellen, die der json-Node rundet. Eine gerundete ID wird abgelehnt. Die Liste hat keine EAS-ID; von iPhones haben sie die Einzelheiten eines Geräts, oder fügen Sie sie als eas_device_identifier hinzu. In dieser Liste steht keine Konformität: verwaltet genügt, aber nicht bei einem Gerät im Modus „verloren“. %easid% lässt sich in verteilten Profilen verwenden, damit das Telefon die bekannte ID nimmt.',
  micromdm:
    'Ein Webhook ist ein einzelnes Gerät und gälte als die ganze Liste: behalten Sie die neueste Antwort jedes Geräts und senden Sie alle als ein Array. Andere Webhooks werden abgelehnt (sie haben keine QueryResponses), außer mdm.CheckOut, mit dem ein Gerät geht. Die EAS-ID ist nur da, wenn der Befehl DeviceInformation nach EASDeviceIdentifier gefragt hat. Diese Server kennen keinen Benutzer: fügen Sie einen als upn hinzu. Sie kennen keine Konformität: verwaltet genügt.',
  'sophos-mobile':
    'Nach veröffentlichtem Code, nicht ausprobiert. Die Liste hat weder EAS-ID noch Seriennummer: fügen Sie sie als easId und serialNumber hinzu (…/devices/{id}/properties), oder Telefone werden durch den Aktivierungslink zusammengeführt. Ein verwaltetes Gerät ist konform, wenn compliance.compliant true ist und sein Zustand nicht rot.',
  'soti-mobicontrol':
    'Nach veröffentlichten Antworten, nicht ausprobiert. Die Liste hat keine EAS-ID: fügen Sie sie als easId hinzu, oder Telefone werden durch den Aktivierungslink zusammengeführt. Ein Gerät ist konform, wenn ComplianceStatus true ist; ein gelöschtes geht gerade, und von einem, dessen Mode nicht Active ist, weiß niemand etwas.',
  'workspace-one':
    'EasIds ist eine Liste, oder ein Objekt mit einer; ältere Versionen haben EasId. Ein Gerät, das kompromittiert oder in Quarantäne ist, ist nicht konform, und eines, das noch gelöscht werden soll, geht gerade.',
};

/** Its name and the call whose records it maps, where they have words in them. */
export const PRESET_WORDS_DE: Readonly<Record<string, { readonly label?: string; readonly call?: string }>> = {
  'blackberry-uem': {
    call: 'GET …/{tenant}/api/v1/devices, oder die userDevices jedes Benutzers, mit dem Benutzer jedes Geräts',
  },
  csv: {
    label: 'CSV-Datei oder Tabelle (jedes MDM)',
    call: 'Eine Datei mit Kopfzeile, als Text (der Node „read file“: ein einzelner UTF-8-String); nicht durch den csv-Node des Kerns, der kaputte Zeilen durchlässt',
  },
  'jamf-pro-classic': {
    label: 'Jamf Pro (klassische API)',
    call: 'GET …/JSSResource/mobiledevices/id/{id} als JSON',
  },
  maas360: { call: 'GET …/device-apis/devices/2.0/search/customer/{billingId} als JSON' },
  manageengine: {
    call: 'GET …/api/v1/mdm/devices, zurückgegeben als UTF-8-String (im http-request-Node: Rückgabe)',
  },
  micromdm: {
    label: 'MicroMDM und NanoMDM',
    call: 'Webhook mdm.Connect mit der Antwort auf einen Befehl DeviceInformation, wie er kommt (raw_payload), oder diese Antwort als JSON',
  },
};
