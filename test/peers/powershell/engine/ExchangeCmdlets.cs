using System.Management.Automation;
using Microsoft.Exchange.Configuration.Tasks;
using Microsoft.Exchange.Data;
using Microsoft.Exchange.Data.Directory;
using Microsoft.Exchange.Data.Directory.Management;
using Microsoft.Exchange.Data.Directory.Recipient;
using Microsoft.Exchange.Data.Directory.SystemConfiguration;

namespace ExchangeEngine;

/// <summary>What Exchange's cmdlets share.</summary>
public abstract class ExchangeCmdlet : PSCmdlet
{
    private readonly ManualResetEventSlim _stopped = new();

    [Parameter] public Fqdn? DomainController { get; set; }

    protected override void BeginProcessing()
    {
        if (!Fleet.Echo) return;
        IEnumerable<string> bound = MyInvocation.BoundParameters.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"-{pair.Key} {Kind(pair.Value)}={Shown(pair.Value)}");
        WriteWarning(string.Join("; ", bound));
    }

    private static string Kind(object? value) => value?.GetType().Name ?? "null";

    private static string Shown(object? value) => value switch
    {
        MultiValuedProperty<string> { Changes: { } changes } => $"+[{string.Join(",", changes.Added)}] -[{string.Join(",", changes.Removed)}]",
        string text => text,
        System.Collections.IEnumerable many => $"[{string.Join(",", many.Cast<object>())}]",
        _ => value?.ToString() ?? "null",
    };

    protected override void StopProcessing() => _stopped.Set();

    /// <summary>True if the pipeline was stopped meanwhile.</summary>
    protected bool Wait(int milliseconds) => milliseconds > 0 && _stopped.Wait(milliseconds);

    /// <summary>Exchange's error for an object that is not there; the pipeline goes on.</summary>
    protected void WriteNotFound(object identity)
    {
        ManagementObjectNotFoundException exception = new(
            $"The operation couldn't be performed because object '{identity}' couldn't be found on 'dc1.contoso.example'.");
        const string Prefix = "[Server=EX1,RequestId=8c7d5b1e-0f6f-4b52-9f0e-0a0b0c0d0e0f,TimeStamp=5/1/2026 8:00:00 AM] ";
        WriteError(new ErrorRecord(exception, $"{Prefix}[FailureCategory=Cmdlet-ManagementObjectNotFoundException] 2D7B1234", ErrorCategory.NotSpecified, identity));
    }

    /// <summary>Writes an object, with a warning or an error record in its place where it is odd; the pipeline goes on.</summary>
    protected void WriteGiven(object value, int number)
    {
        switch (value)
        {
            case CASMailbox when Fleet.IsOdd("boxerror", number):
                WriteBroken("Cmdlet-MailboxOfflineException", ErrorCategory.NotSpecified, Fleet.MailboxId(number),
                    $"The mailbox database of '{Fleet.MailboxId(number)}' is offline.");
                return;
            case MobileDevice when Fleet.IsOdd("deverror", number):
                WriteBroken("Cmdlet-DataValidationException", ErrorCategory.InvalidData, Fleet.DeviceId(number),
                    $"The object {Fleet.DeviceId(number)} has been corrupted, and it's in an inconsistent state.");
                return;
            case MobileDevice when Fleet.IsOdd("nobody", number):
                WriteBroken("Cmdlet-ADOperationException", ErrorCategory.NotSpecified, null, "Active Directory operation failed on dc1.");
                return;
            case MobileDevice when Fleet.IsOdd("devwarn", number):
                WriteWarning($"The object {Fleet.DeviceId(number)} has been corrupted, and it's in an inconsistent state. The following validation errors happened:");
                break;
        }
        WriteObject(value);
    }

    private void WriteBroken(string category, ErrorCategory errorCategory, object? target, string text)
    {
        const string Prefix = "[Server=EX1,RequestId=0b3d6f52-7c1e-4a55-8e46-1f2a3b4c5d6e,TimeStamp=5/1/2026 8:00:00 AM] ";
        WriteError(new ErrorRecord(new InvalidOperationException(text), $"{Prefix}[FailureCategory={category}] 5D1A77F0", errorCategory, target));
    }

    /// <summary>Writes what a query selects, at most as many as asked for, and Exchange's warning if there is more.</summary>
    protected void WriteSelection<T>(IEnumerable<int> numbers, Func<int, T> make, string? filter, Unlimited<uint> size, int delayMs = 0)
    {
        Func<object, bool> isWanted = Fits(filter);
        uint limit = size.IsUnlimited ? uint.MaxValue : size.Value;
        uint written = 0;
        foreach (int number in numbers)
        {
            T value = make(number);
            if (!isWanted(value!)) continue;
            if (written == limit)
            {
                WriteWarning("There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.");
                return;
            }
            if (Wait(delayMs)) return;
            WriteGiven(value!, number);
            written++;
        }
    }

    /// <summary>What a filter lets through; a filter that cannot be read ends the pipeline.</summary>
    private Func<object, bool> Fits(string? filter)
    {
        if (filter is null) return _ => true;
        OpathFilter? wanted = null;
        return value =>
        {
            try
            {
                return (wanted ??= new OpathFilter(filter)).Fits(value);
            }
            catch (ArgumentException error)
            {
                ThrowTerminatingError(new ErrorRecord(error, "Cmdlet-InvalidFilter", ErrorCategory.InvalidArgument, filter));
                throw;
            }
        };
    }
}

/// <summary>What cmdlets over recipients share.</summary>
public abstract class RecipientQuery : ExchangeCmdlet
{
    [Parameter] public string? Filter { get; set; }
    [Parameter] public Unlimited<uint> ResultSize { get; set; } = 1000;
    [Parameter] public string? SortBy { get; set; }
    [Parameter] public OrganizationalUnitIdParameter? OrganizationalUnit { get; set; }
    [Parameter] public SwitchParameter ReadFromDomainController { get; set; }

    /// <summary>As Exchange does it: no identity is every object.</summary>
    protected void Write<T>(ADIdParameter? identity, IEnumerable<int> numbers, Func<int, T> make)
    {
        if (identity is null)
        {
            WriteSelection(numbers, make, Filter, ResultSize);
            return;
        }
        int[] found = [.. numbers.Where(number => identity.Names(Fleet.MailboxId(number)))];
        if (found.Length == 0) WriteNotFound(identity);
        foreach (int number in found) WriteGiven(make(number)!, number);
    }
}

[Cmdlet(VerbsCommon.Get, "CASMailbox")]
[OutputType(typeof(CASMailbox))]
public sealed class GetCasMailbox : RecipientQuery
{
    [Parameter(Position = 0, ValueFromPipeline = true)] public MailboxIdParameter? Identity { get; set; }
    [Parameter] public SwitchParameter RecalculateHasActiveSyncDevicePartnership { get; set; }

    protected override void ProcessRecord()
    {
        if (RecalculateHasActiveSyncDevicePartnership) WriteVerbose("Recalculating.");
        Write(Identity, Fleet.Mailboxes, Fleet.CasMailbox);
    }
}

[Cmdlet(VerbsCommon.Get, "MobileDevice", DefaultParameterSetName = "Identity")]
[OutputType(typeof(MobileDevice))]
public sealed class GetMobileDevice : ExchangeCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Identity")] public MobileDeviceIdParameter? Identity { get; set; }
    [Parameter(ParameterSetName = "Mailbox", Mandatory = true)] [AllowNull] public MailboxIdParameter? Mailbox { get; set; }
    [Parameter] public string? Filter { get; set; }
    [Parameter] public Unlimited<uint> ResultSize { get; set; } = 1000;
    [Parameter] public string? SortBy { get; set; }
    [Parameter] public OrganizationalUnitIdParameter? OrganizationalUnit { get; set; }
    [Parameter] public SwitchParameter ActiveSync { get; set; }
    [Parameter] public SwitchParameter OWAforDevices { get; set; }
    [Parameter] public SwitchParameter RestApi { get; set; }
    [Parameter] public SwitchParameter UniversalOutlook { get; set; }
    [Parameter] public SwitchParameter Monitoring { get; set; }

    protected override void ProcessRecord()
    {
        if (Identity is not null) WriteOne(Identity);
        else if (Mailbox is not null) WriteOfMailbox(Mailbox);
        else WriteSelection(Fleet.Devices, Fleet.Device, Filter, ResultSize, Fleet.DelayMs);
    }

    private void WriteOne(MobileDeviceIdParameter identity)
    {
        int[] found = [.. Fleet.Devices.Where(number => identity.Names(Fleet.DeviceId(number)))];
        if (found.Length == 0) WriteNotFound(identity);
        foreach (int number in found) WriteGiven(Fleet.Device(number), number);
    }

    private void WriteOfMailbox(MailboxIdParameter mailbox)
    {
        if (!Fleet.Mailboxes.Any(number => mailbox.Names(Fleet.MailboxId(number)))) WriteNotFound(mailbox);
        WriteSelection(Fleet.Devices.Where(number => mailbox.Names(Fleet.MailboxId(number))), Fleet.Device, Filter, ResultSize);
    }
}

[Cmdlet(VerbsCommon.Get, "MobileDeviceStatistics", DefaultParameterSetName = "Identity")]
[OutputType(typeof(MobileDeviceConfiguration))]
public sealed class GetMobileDeviceStatistics : ExchangeCmdlet
{
    [Parameter(Position = 0, ParameterSetName = "Identity")] public MobileDeviceIdParameter? Identity { get; set; }
    [Parameter(ParameterSetName = "Mailbox", Mandatory = true)] public MailboxIdParameter? Mailbox { get; set; }
    [Parameter] public SwitchParameter ActiveSync { get; set; }
    [Parameter] public SwitchParameter OWAforDevices { get; set; }
    [Parameter] public SwitchParameter RestApi { get; set; }
    [Parameter] public SwitchParameter UniversalOutlook { get; set; }

    protected override void ProcessRecord()
    {
        WriteWarning("Get-MobileDeviceStatistics reads the mailbox itself and takes its time.");
        foreach (int number in Fleet.Devices)
        {
            bool isAsked = Mailbox is not null ? Mailbox.Names(Fleet.MailboxId(number)) : Identity?.Names(Fleet.DeviceId(number)) ?? true;
            if (isAsked) WriteObject(Fleet.Statistics(number));
        }
    }
}

[Cmdlet(VerbsCommon.Get, "Recipient")]
[OutputType(typeof(ReducedRecipient))]
public sealed class GetRecipient : RecipientQuery
{
    [Parameter(Position = 0, ValueFromPipeline = true)] public RecipientIdParameter? Identity { get; set; }
    [Parameter] public RecipientType[]? RecipientType { get; set; }
    [Parameter] public RecipientTypeDetails[]? RecipientTypeDetails { get; set; }
    [Parameter] public string? RecipientPreviewFilter { get; set; }

    protected override void ProcessRecord()
    {
        if (RecipientPreviewFilter is not null && Identity is null)
        {
            WriteSelection(Fleet.Mailboxes, Fleet.Recipient, RecipientPreviewFilter, ResultSize);
            return;
        }
        bool isWanted = RecipientType?.Contains(Microsoft.Exchange.Data.Directory.Recipient.RecipientType.UserMailbox) != false
            && RecipientTypeDetails?.Contains(Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails.UserMailbox) != false;
        Write(Identity, isWanted ? Fleet.Mailboxes : [], Fleet.Recipient);
    }
}

[Cmdlet(VerbsCommon.Get, "User")]
[OutputType(typeof(User))]
public sealed class GetUser : RecipientQuery
{
    [Parameter(Position = 0, ValueFromPipeline = true)] public RecipientIdParameter? Identity { get; set; }
    [Parameter] public RecipientTypeDetails[]? RecipientTypeDetails { get; set; }

    protected override void ProcessRecord() => Write(Identity, Fleet.Mailboxes, Fleet.User);
}

/// <summary>What is read of one mailbox.</summary>
public abstract class MailboxQuery : ExchangeCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public MailboxIdParameter Identity { get; set; } = null!;

    protected override void ProcessRecord()
    {
        int[] found = [.. Fleet.Mailboxes.Where(number => Identity.Names(Fleet.MailboxId(number)))];
        if (found.Length == 0) WriteNotFound(Identity);
        foreach (int number in found) WriteMailbox(number);
    }

    protected abstract void WriteMailbox(int number);
}

[Cmdlet(VerbsCommon.Get, "Mailbox")]
[OutputType(typeof(Mailbox))]
public sealed class GetMailbox : MailboxQuery
{
    [Parameter] public SwitchParameter ReadFromDomainController { get; set; }

    protected override void WriteMailbox(int number) => WriteObject(Fleet.Mailbox(number));
}

[Cmdlet(VerbsCommon.Get, "MailboxStatistics")]
public sealed class GetMailboxStatistics : MailboxQuery
{
    protected override void WriteMailbox(int number)
    {
        if (Fleet.MailboxStatistics(number) is { } statistics) WriteObject(statistics);
        else WriteWarning($"The user hasn't logged on to mailbox '{Fleet.MailboxId(number)}', so there is no data to return.");
    }
}

[Cmdlet(VerbsCommon.Get, "MailboxRegionalConfiguration")]
public sealed class GetMailboxRegionalConfiguration : MailboxQuery
{
    protected override void WriteMailbox(int number) => WriteObject(Fleet.RegionalConfiguration(number));
}

[Cmdlet(VerbsCommon.Get, "AcceptedDomain")]
public sealed class GetAcceptedDomain : ExchangeCmdlet
{
    [Parameter(Position = 0)] public RecipientIdParameter? Identity { get; set; }

    protected override void EndProcessing()
    {
        foreach (var (name, type) in new[]
        {
            ("contoso.example", AcceptedDomainType.Authoritative),
            ("*.branch.example", AcceptedDomainType.InternalRelay),
            ("partner.example", AcceptedDomainType.ExternalRelay),
        })
        {
            ADObjectId id = new(name, $"CN={name},CN=Accepted Domains,DC=contoso,DC=example", new Guid(name.Length, 6, 0, new byte[8]));
            if (Identity?.Names(id) == false) continue;
            WriteObject(new AcceptedDomain { DomainName = new(name), DomainType = type, Default = type == AcceptedDomainType.Authoritative, Name = name, Guid = id.ObjectGuid });
        }
    }
}

[Cmdlet(VerbsCommon.Get, "DynamicDistributionGroup")]
public sealed class GetDynamicDistributionGroup : ExchangeCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public RecipientIdParameter Identity { get; set; } = null!;
    [Parameter] public SwitchParameter ReadFromDomainController { get; set; }

    protected override void ProcessRecord()
    {
        if (Identity.Names(Fleet.DynamicGroupId)) WriteObject(Fleet.DynamicGroup);
        else WriteNotFound(Identity);
    }
}

[Cmdlet(VerbsCommon.Get, "DynamicDistributionGroupMember")]
public sealed class GetDynamicDistributionGroupMember : ExchangeCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public RecipientIdParameter Identity { get; set; } = null!;
    [Parameter] public Unlimited<uint> ResultSize { get; set; } = 1000;

    protected override void ProcessRecord()
    {
        if (!Identity.Names(Fleet.DynamicGroupId)) WriteNotFound(Identity);
        else WriteSelection(Fleet.Mailboxes, Fleet.Recipient, Fleet.DynamicGroup.RecipientFilter, ResultSize);
    }
}

[Cmdlet(VerbsCommon.Get, "ThrottlingPolicyAssociation")]
public sealed class GetThrottlingPolicyAssociation : ExchangeCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true)] public ThrottlingPolicyAssociationIdParameter? Identity { get; set; }

    protected override void ProcessRecord()
    {
        int[] found = [.. Fleet.Mailboxes.Where(number => Identity?.Names(Fleet.MailboxId(number)) ?? true)];
        if (found.Length == 0) WriteNotFound(Identity!);
        foreach (int number in found) WriteObject(new ThrottlingPolicyAssociation
        {
            ObjectId = Fleet.MailboxId(number),
            ThrottlingPolicyId = number == 2 ? Fleet.ThrottlingPolicyId("Few sessions") : null,
            Name = Fleet.MailboxId(number).ToString(),
            Guid = Fleet.MailboxId(number).ObjectGuid,
        });
    }
}

[Cmdlet(VerbsCommon.Get, "ThrottlingPolicy")]
public sealed class GetThrottlingPolicy : ExchangeCmdlet
{
    protected override void EndProcessing()
    {
        WriteObject(Policy("GlobalThrottlingPolicy_1f0d", ThrottlingPolicyScopeType.Global, 18, Unlimited<uint>.UnlimitedValue));
        WriteObject(Policy("Few sessions", ThrottlingPolicyScopeType.Regular, 2, null));
    }

    private static ThrottlingPolicy Policy(string name, ThrottlingPolicyScopeType scope, uint sessions, Unlimited<uint>? cmdlets) => new()
    {
        ThrottlingPolicyScope = scope,
        PowerShellMaxConcurrency = sessions,
        PowerShellMaxCmdlets = cmdlets,
        PowerShellMaxCmdletsTimePeriod = cmdlets,
        Name = name,
        Identity = Fleet.ThrottlingPolicyId(name),
        Guid = Fleet.ThrottlingPolicyId(name).ObjectGuid,
    };
}

[Cmdlet(VerbsCommon.Get, "ADServerSettings")]
public sealed class GetADServerSettings : ExchangeCmdlet
{
    protected override void EndProcessing() => WriteObject(new ADServerSettings { RecipientViewRoot = Fleet.ViewEntireForest ? "" : "contoso.example" });
}

[Cmdlet(VerbsCommon.Get, "OrganizationConfig")]
public sealed class GetOrganizationConfig : ExchangeCmdlet
{
    protected override void EndProcessing() => WriteObject(new OrganizationConfig
    {
        Name = "Contoso",
        Identity = "Contoso",
        Guid = new Guid(1, 5, 0, new byte[8]),
    });
}

[Cmdlet(VerbsCommon.Get, "ActiveSyncOrganizationSettings")]
public sealed class GetActiveSyncOrganizationSettings : ExchangeCmdlet
{
    protected override void EndProcessing() => WriteObject(new ActiveSyncOrganizationSettings
    {
        DefaultAccessLevel = DeviceAccessLevel.Quarantine,
        UserMailInsert = "Call the desk: <1234> & ask.",
        AdminMailRecipients = [new("admin@contoso.example"), new("mobile@contoso.example")],
        Guid = new Guid(0x0a5e, 1, 0, new byte[8]),
    });
}

[Cmdlet(VerbsCommon.Get, "ActiveSyncDeviceAccessRule")]
public sealed class GetActiveSyncDeviceAccessRule : ExchangeCmdlet
{
    [Parameter(Position = 0)] public RecipientIdParameter? Identity { get; set; }

    protected override void EndProcessing()
    {
        foreach (var (query, characteristic, level) in new[]
        {
            ("SM-S931B", DeviceAccessCharacteristic.DeviceModel, DeviceAccessLevel.Block),
            ("iOS 19.1 23B85", DeviceAccessCharacteristic.DeviceOS, DeviceAccessLevel.Allow),
        })
        {
            string name = $"{query} ({characteristic})";
            ADObjectId id = new(name, $"CN={name},CN=Mobile Mailbox Settings,CN=contoso,DC=contoso,DC=example", new Guid(query.Length, 3, 0, new byte[8]));
            if (Identity?.Names(id) == false) continue;
            WriteObject(new ActiveSyncDeviceAccessRule { QueryString = query, Characteristic = characteristic, AccessLevel = level, Name = name, Identity = id, Guid = id.ObjectGuid });
        }
    }
}

[Cmdlet(VerbsCommon.Get, "ExchangeServer")]
public sealed class GetExchangeServer : ExchangeCmdlet
{
    [Parameter(Position = 0)] public ServerIdParameter? Identity { get; set; }
    [Parameter] public SwitchParameter Status { get; set; }

    protected override void EndProcessing()
    {
        foreach (int number in new[] { 1, 2 })
        {
            Guid guid = new(number, 4, 0, new byte[8]);
            if (Identity?.Names(new ADObjectId($"EX{number}", $"CN=EX{number},CN=Servers,DC=contoso,DC=example", guid)) == false) continue;
            WriteObject(new ExchangeServer { Name = $"EX{number}", Fqdn = $"ex{number}.contoso.example", Guid = guid });
        }
    }
}

[Cmdlet(VerbsCommon.Get, "DistributionGroupMember")]
public sealed class GetDistributionGroupMember : ExchangeCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public RecipientIdParameter Identity { get; set; } = null!;
    [Parameter] public Unlimited<uint> ResultSize { get; set; } = 1000;
    [Parameter] public SwitchParameter ReadFromDomainController { get; set; }

    protected override void ProcessRecord()
    {
        if (!Identity.Names(Fleet.GroupId)) WriteNotFound(Identity);
        else WriteSelection(Fleet.Mailboxes.Take(3), Fleet.Recipient, null, ResultSize);
    }
}

[Cmdlet(VerbsCommon.Set, "ADServerSettings", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class SetAdServerSettings : ExchangeCmdlet
{
    [Parameter] public bool ViewEntireForest { get; set; }

    protected override void EndProcessing()
    {
        bool isGiven = MyInvocation.BoundParameters.ContainsKey(nameof(ViewEntireForest));
        if (isGiven && ShouldProcess("the session")) Fleet.ViewEntireForest = ViewEntireForest;
    }
}

[Cmdlet(VerbsCommon.Set, "CASMailbox", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class SetCasMailbox : ExchangeCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public MailboxIdParameter Identity { get; set; } = null!;
    [Parameter] [AllowNull] public MultiValuedProperty<string>? ActiveSyncAllowedDeviceIDs { get; set; }
    [Parameter] [AllowNull] public MultiValuedProperty<string>? ActiveSyncBlockedDeviceIDs { get; set; }

    protected override void ProcessRecord()
    {
        int[] found = [.. Fleet.Mailboxes.Where(number => Identity.Names(Fleet.MailboxId(number)))];
        if (found.Length == 0)
        {
            WriteNotFound(Identity);
            return;
        }
        if (!ShouldProcess(Identity.ToString())) return;
        Fleet.Lists lists = Fleet.ListsOf(found[0]);
        bool isChanged = Edit(lists.Allowed, nameof(ActiveSyncAllowedDeviceIDs), ActiveSyncAllowedDeviceIDs);
        isChanged |= Edit(lists.Blocked, nameof(ActiveSyncBlockedDeviceIDs), ActiveSyncBlockedDeviceIDs);
        if (!isChanged) WriteWarning($"The command completed successfully but no settings of '{Fleet.MailboxId(found[0])}' have been modified.");
    }

    private bool Edit(List<string> list, string parameter, MultiValuedProperty<string>? value)
    {
        if (!MyInvocation.BoundParameters.ContainsKey(parameter)) return false;
        if (value?.Changes is not { } changes)
        {
            list.Clear();
            list.AddRange(value ?? []);
            return true;
        }
        int before = list.Count;
        int removed = list.RemoveAll(id => changes.Removed.Contains(id, StringComparer.OrdinalIgnoreCase));
        list.AddRange(changes.Added.Where(id => !list.Contains(id, StringComparer.OrdinalIgnoreCase)));
        return removed > 0 || list.Count != before - removed;
    }
}

[Cmdlet(VerbsCommon.Remove, "MobileDevice", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveMobileDevice : ExchangeCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public MobileDeviceIdParameter Identity { get; set; } = null!;

    protected override void ProcessRecord()
    {
        int[] found = [.. Fleet.Devices.Where(number => Identity.Names(Fleet.DeviceId(number)))];
        if (found.Length == 0) WriteNotFound(Identity);
        foreach (int number in found.Where(_ => ShouldProcess(Identity.ToString()))) Fleet.Remove(number);
    }
}

[Cmdlet(VerbsCommon.Clear, "MobileDevice", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class ClearMobileDevice : ExchangeCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public MobileDeviceIdParameter Identity { get; set; } = null!;
    [Parameter] public SwitchParameter AccountOnly { get; set; }
    [Parameter] public SwitchParameter Cancel { get; set; }
    [Parameter] public MultiValuedProperty<string>? NotificationEmailAddresses { get; set; }

    protected override void ProcessRecord()
    {
        int[] found = [.. Fleet.Devices.Where(number => Identity.Names(Fleet.DeviceId(number)))];
        if (found.Length == 0) WriteNotFound(Identity);
        foreach (int number in found.Where(_ => ShouldProcess(Identity.ToString())))
        {
            WriteProgress(new ProgressRecord(0, "Clear-MobileDevice", "Requesting") { PercentComplete = 50 });
            Fleet.Wipe(number, Cancel);
            string whom = NotificationEmailAddresses is null ? "nobody" : string.Join(", ", NotificationEmailAddresses);
            WriteWarning($"{(AccountOnly ? "Account only" : "Everything")} will be wiped; told: {whom}.");
        }
    }
}
