// Cmdlets that make the engine do what Exchange's cmdlets seldom do.
using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Xml;

namespace ExchangeEngine;

/// <summary>Values of every kind; with -Listed those of the kept samples, in their order.</summary>
[Cmdlet(VerbsCommon.Get, "EngineValue")]
public sealed class GetEngineValue : PSCmdlet
{
    [Parameter] public SwitchParameter Listed { get; set; }
    [Parameter] public SwitchParameter AsText { get; set; }

    protected override void EndProcessing()
    {
        foreach (object? value in Listed ? ListedValues() : OtherValues()) WriteObject(AsText ? PSSerializer.Serialize(value, 1) : value, false);
    }

    private static IEnumerable<object?> ListedValues()
    {
        Stack<int> stack = new([1, 2]);
        Queue<string> queue = new(["q"]);
        return [null, true, 'x', (byte)255, (sbyte)-1, ushort.MaxValue, short.MinValue, uint.MaxValue, int.MinValue, ulong.MaxValue,
            long.MinValue, 1.5f, double.NaN, double.PositiveInfinity, decimal.MaxValue, DateTime.MinValue, DateTime.MaxValue,
            new TimeSpan(-1), Guid.Empty, new Uri("https://x.example/ä?q=1"), new Version(1, 2, 3, 4), new byte[] { 0, 1, 255 },
            new XmlDocument(), ScriptBlock.Create("1+1"), new object?[] { 1, "a", null },
            new Hashtable { ["a"] = 1, [2] = new[] { 1 } }, stack, queue, DayOfWeek.Friday, ConsoleColor.Red, new Exception("e"), ""];
    }

    private static IEnumerable<object?> OtherValues()
    {
        XmlDocument document = new();
        document.LoadXml("<a b=\"1\">&lt;x&gt; ä 🎵</a>");
        PSObject decorated = new("text");
        decorated.Properties.Add(new PSNoteProperty("Note", 5));
        PSObject bag = new();
        bag.Properties.Add(new PSNoteProperty("__proto__", "p"));
        bag.Properties.Add(new PSNoteProperty("constructor", new[] { 1, 2 }));
        bag.Properties.Add(new PSNoteProperty("a b_x0041_\n", null));
        Hashtable shared = new() { ["k"] = "v" };
        return [-0.0, double.Epsilon, double.MaxValue, float.MinValue, 0.1, -0.1f, 1e21, long.MaxValue, 0m, -1.10m, '\0', '\uD83C', ' ',
            new DateTime(2026, 5, 1, 8, 0, 0, DateTimeKind.Utc), new DateTime(2026, 5, 1, 8, 0, 0, 123, DateTimeKind.Local), TimeSpan.MinValue, TimeSpan.MaxValue, TimeSpan.Zero,
            new Uri("relative path", UriKind.Relative), new Version(1, 2), new SemanticVersion(7, 6, 9, "rc", "b"), Array.Empty<byte>(), document, decorated, bag, Array.Empty<object>(),
            new object[] { shared, shared }, new ArrayList { new ArrayList { new ArrayList { "deep" } } }, Enumerable.Range(1, 3).Select(number => number * 2),
            AttributeTargets.Class | AttributeTargets.Method, (DayOfWeek)77, new KeyValuePair<string, int>("k", 1), new OrderedHashtable { ["z"] = 1, ["a"] = 2 },
            CultureInfo.InvariantCulture, new DateTimeOffset(2026, 5, 1, 8, 0, 0, TimeSpan.FromHours(2)), (Half)1.5, Int128.MaxValue, new DateOnly(2026, 5, 1),
            "\0\u0001\t\r\n\u007f\u0085 _x_ _X_ _x0041_ _X0041_ __x \ud83c \udfb5\ud83c 🎵 \ufffe\uffff \u2028 ]]> <&>\"' ", new string('ä', 40_000)];
    }
}

/// <summary>What the engine understood of a value it was sent.</summary>
[Cmdlet(VerbsData.ConvertTo, "EngineText")]
public sealed class ConvertToEngineText : PSCmdlet
{
    [Parameter(Mandatory = true)] [AllowNull] [AllowEmptyString] [AllowEmptyCollection] public object? InputObject { get; set; }

    protected override void EndProcessing()
    {
        object? value = InputObject is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : InputObject;
        PSObject answer = new();
        answer.Properties.Add(new PSNoteProperty("Type", value?.GetType().ToString()));
        answer.Properties.Add(new PSNoteProperty("TypeNames", InputObject is null ? null : PSObject.AsPSObject(InputObject).TypeNames.ToArray()));
        answer.Properties.Add(new PSNoteProperty("Text", Text(value)));
        answer.Properties.Add(new PSNoteProperty("Units", value is string text ? text.Select(unit => (int)unit).ToArray() : null));
        answer.Properties.Add(new PSNoteProperty("Clixml", Clixml(InputObject)));
        WriteObject(answer);
    }

    /// <summary>The serializer to text refuses the two code points that are no characters; the one to the wire does not.</summary>
    private static string? Clixml(object? value)
    {
        try
        {
            return PSSerializer.Serialize(value, 3);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string? Text(object? value) => value switch
    {
        null => null,
        DateTime time => $"{time.ToString("o", CultureInfo.InvariantCulture)} {time.Kind}",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToHexString(bytes),
        XmlDocument document => document.OuterXml,
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}

/// <summary>Objects that the engine itself reads from text.</summary>
[Cmdlet(VerbsData.ConvertFrom, "EngineText")]
public sealed class ConvertFromEngineText : PSCmdlet
{
    [Parameter(Mandatory = true)] public string Clixml { get; set; } = "";

    protected override void EndProcessing() => WriteObject(PSSerializer.Deserialize(Clixml), false);
}

/// <summary>Says something on every stream, output in between.</summary>
[Cmdlet(VerbsCommunications.Write, "EngineStream")]
public sealed class WriteEngineStream : PSCmdlet
{
    [Parameter] public int Count { get; set; } = 1;

    /// <summary>Verbose and debug texts too; the switch -Debug would ask at each.</summary>
    [Parameter] public SwitchParameter Aloud { get; set; }

    protected override void EndProcessing()
    {
        string preference = Aloud ? "Continue" : "SilentlyContinue";
        foreach (string name in new[] { "VerbosePreference", "DebugPreference" }) SessionState.PSVariable.Set(name, preference);
        for (int number = 1; number <= Count; number++)
        {
            WriteObject(number);
            WriteError(new ErrorRecord(new InvalidDataException($"broken {number} 🎵", new IOException("disk <1>")), "EngineBroken", ErrorCategory.ReadError, $"target {number}")
            {
                ErrorDetails = new ErrorDetails($"details {number}") { RecommendedAction = "Try again." },
            });
            WriteWarning($"warning {number} \u0001_x0041_");
            WriteVerbose($"verbose {number}");
            WriteDebug($"debug {number}");
            WriteProgress(new ProgressRecord(number, $"activity {number}", "status") { PercentComplete = 40, SecondsRemaining = 7, CurrentOperation = "now", ParentActivityId = 3 });
            WriteProgress(new ProgressRecord(number, $"activity {number}", "status") { RecordType = ProgressRecordType.Completed });
            WriteInformation(new InformationRecord(new Hashtable { ["n"] = number }, "the engine") { Tags = { "one", "two" } });
            WriteInformation($"information {number}", ["three"]);
        }
        WriteObject("end");
    }
}

/// <summary>Fails in the ways a cmdlet can.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "EngineFailure")]
public sealed class InvokeEngineFailure : PSCmdlet
{
    [Parameter(Mandatory = true)] [ValidateSet("Terminating", "Thrown", "Deep", "Secret")] public string How { get; set; } = "";

    protected override void EndProcessing()
    {
        WriteObject("before");
        if (How == "Terminating")
            ThrowTerminatingError(new ErrorRecord(new UnauthorizedAccessException("no entry"), "EngineNoEntry", ErrorCategory.PermissionDenied, new Hashtable { ["door"] = 1 }));
        if (How == "Thrown") throw new NotSupportedException("not here\nnor there");
        if (How == "Secret")
        {
            SecureString secret = new();
            secret.AppendChar('s');
            WriteObject(secret);
            return;
        }
        Exception inner = new FormatException("0");
        for (int level = 1; level < 200; level++) inner = new InvalidOperationException(level.ToString(CultureInfo.InvariantCulture), inner);
        throw inner;
    }
}

/// <summary>Writes one object and then waits to be stopped.</summary>
[Cmdlet(VerbsLifecycle.Wait, "EngineStop")]
public sealed class WaitEngineStop : PSCmdlet
{
    private readonly ManualResetEventSlim _stopped = new();

    [Parameter] public int Milliseconds { get; set; } = 30_000;

    protected override void EndProcessing()
    {
        WriteObject("waiting");
        WriteObject(_stopped.Wait(Milliseconds) ? "stopped" : "waited");
    }

    protected override void StopProcessing() => _stopped.Set();
}

/// <summary>Asks the client's console.</summary>
[Cmdlet(VerbsLifecycle.Request, "EngineHost")]
public sealed class RequestEngineHost : PSCmdlet
{
    [Parameter(Mandatory = true)] public string Method { get; set; } = "";

    protected override void EndProcessing()
    {
        WriteObject("asking");
        PSHostUserInterface console = Host.UI;
        object? answer = Method switch
        {
            "ReadLine" => console.ReadLine(),
            "ReadLineAsSecureString" => console.ReadLineAsSecureString(),
            "Prompt" => console.Prompt("caption", "message", [new FieldDescription("field")]),
            "PromptForChoice" => console.PromptForChoice("caption", "message", [new ChoiceDescription("&Yes"), new ChoiceDescription("&No")], 0),
            "PromptForCredential" => console.PromptForCredential("caption", "message", "user", "target"),
            "GetBufferSize" => console.RawUI.BufferSize,
            "WriteLine" => Void(() => console.WriteLine("a line")),
            "SetShouldExit" => Void(() => Host.SetShouldExit(3)),
            "ShouldContinue" => ShouldContinue("query", "caption"),
            _ => throw new ArgumentException(Method),
        };
        WriteObject($"answered {answer}");
    }

    private static string Void(Action action)
    {
        action();
        return "nothing";
    }
}

/// <summary>Which process this is.</summary>
[Cmdlet(VerbsCommon.Get, "EngineProcess")]
public sealed class GetEngineProcess : PSCmdlet
{
    protected override void EndProcessing()
    {
        PSObject answer = new();
        answer.Properties.Add(new PSNoteProperty("Id", Environment.ProcessId));
        answer.Properties.Add(new PSNoteProperty("Cpu", Process.GetCurrentProcess().TotalProcessorTime));
        answer.Properties.Add(new PSNoteProperty("Engine", typeof(PSObject).Assembly.GetName().Version));
        answer.Properties.Add(new PSNoteProperty("LanguageMode", SessionState.LanguageMode));
        WriteObject(answer);
    }
}

/// <summary>A table that keeps its order.</summary>
public sealed class OrderedHashtable : System.Collections.Specialized.OrderedDictionary;
