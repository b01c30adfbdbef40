// Types named and shaped as Exchange's, so that the engine writes Exchange's type names and converts parameters as
// Exchange's own types make it do. Property order is the order on the wire.
using System.Collections;
using System.Collections.ObjectModel;

namespace Microsoft.Exchange.Data
{
    /// <summary>A list; made of a hashtable with Add and Remove it holds changes instead.</summary>
    public class MultiValuedProperty<T> : Collection<T>
    {
        public MultiValuedProperty() { }

        public MultiValuedProperty(IEnumerable<T> values)
        {
            foreach (T value in values) Add(value);
        }

        /// <summary>Of one value or several.</summary>
        public MultiValuedProperty(object value) : this(Each(value).Select(Convert)) { }

        public MultiValuedProperty(Hashtable changes)
        {
            Changes = new Changed(Texts(changes, "Add"), Texts(changes, "Remove"));
            string? other = changes.Keys.Cast<object>().Select(key => key.ToString())
                .FirstOrDefault(key => !"Add".Equals(key, StringComparison.OrdinalIgnoreCase)
                    && !"Remove".Equals(key, StringComparison.OrdinalIgnoreCase));
            if (other is not null) throw new ArgumentException($"The hashtable key \"{other}\" isn't valid. Use Add or Remove.");
        }

        internal Changed? Changes { get; }

        internal sealed record Changed(T[] Added, T[] Removed);

        private static IEnumerable<object?> Each(object? value)
        {
            object? bare = value is System.Management.Automation.PSObject wrapped ? wrapped.BaseObject : value;
            // Changes are for the other constructor; the engine tries this one when that one throws.
            if (bare is IDictionary) throw new ArgumentException("A hashtable holds Add and Remove.");
            return bare is IEnumerable values and not string ? values.Cast<object?>() : [bare];
        }

        private static T[] Texts(Hashtable changes, string name)
        {
            foreach (DictionaryEntry entry in changes)
            {
                if (!name.Equals(entry.Key.ToString(), StringComparison.OrdinalIgnoreCase)) continue;
                return [.. Each(entry.Value).Select(Convert)];
            }
            return [];
        }

        private static T Convert(object? value) =>
            (T)System.Management.Automation.LanguagePrimitives.ConvertTo(value, typeof(T))!;
    }

    /// <summary>A number, or Unlimited.</summary>
    public readonly struct Unlimited<T> where T : struct, IParsable<T>
    {
        private readonly T _value;

        public Unlimited(T value) => (_value, IsUnlimited) = (value, false);

        private Unlimited(bool unlimited) => (_value, IsUnlimited) = (default, unlimited);

        public bool IsUnlimited { get; }

        public T Value => IsUnlimited ? throw new InvalidOperationException("The value is unlimited.") : _value;

        public static Unlimited<T> UnlimitedValue => new(true);

        public static Unlimited<T> Parse(string text) =>
            text.Equals("Unlimited", StringComparison.OrdinalIgnoreCase) ? UnlimitedValue : new(T.Parse(text, null));

        public static implicit operator Unlimited<T>(T value) => new(value);

        public override string ToString() => IsUnlimited ? "Unlimited" : _value.ToString()!;
    }

    public readonly struct SmtpAddress(string address)
    {
        public string Domain => address[(address.IndexOf('@') + 1)..];

        public override string ToString() => address;
    }

    /// <summary>A number of bytes, written as Exchange does: with its unit, and whole.</summary>
    public readonly struct ByteQuantifiedSize(ulong bytes) : IParsable<ByteQuantifiedSize>
    {
        public static ByteQuantifiedSize Parse(string text, IFormatProvider? provider) => new(ulong.Parse(text, provider));

        public static bool TryParse(string? text, IFormatProvider? provider, out ByteQuantifiedSize result)
        {
            bool isNumber = ulong.TryParse(text, provider, out ulong number);
            result = new(number);
            return isNumber;
        }

        public override string ToString()
        {
            string[] units = ["B", "KB", "MB", "GB"];
            int power = 0;
            double amount = bytes;
            for (; amount >= 1024 && power < units.Length - 1; power++) amount /= 1024;
            return FormattableString.Invariant($"{amount:0.###} {units[power]} ({bytes:N0} bytes)");
        }
    }

    /// <summary>A mail domain, or one with every name below it.</summary>
    public sealed class SmtpDomainWithSubdomains(string domain)
    {
        public string Domain => domain;

        public override string ToString() => domain;
    }

    public sealed class ServerVersion(int major, int minor, int build, int revision)
    {
        public override string ToString() => $"Version {major}.{minor} (Build {build}.{revision})";
    }

    public enum ObjectState { New, Unchanged, Changed, Deleted }
}

namespace Microsoft.Exchange.Data.Directory
{
    /// <summary>A value object: the engine writes its text.</summary>
    public sealed class ADObjectId(string canonicalName, string distinguishedName, Guid guid)
    {
        public string DistinguishedName => distinguishedName;

        public Guid ObjectGuid => guid;

        public override string ToString() => canonicalName;
    }

    public enum MobileClientType { EAS, MOWA, Outlook, REST }
}

namespace Microsoft.Exchange.Data.Directory.Recipient
{
    public enum RecipientType { Invalid, User, UserMailbox, MailUniversalDistributionGroup = 8 }

    [Flags]
    public enum RecipientTypeDetails : long { None = 0, UserMailbox = 1, SharedMailbox = 4, User = 65536, RemoteUserMailbox = 2147483648 }
}

namespace Microsoft.Exchange.Data.Directory.SystemConfiguration
{
    using Microsoft.Exchange.Data.Directory;

    public enum DeviceAccessState { Unknown, Allowed, Blocked, Quarantined, DeviceDiscovery }

    public enum DeviceAccessStateReason { Unknown, Global, Individual, DeviceRule, Upgrade, Policy }

    public enum DeviceAccessLevel { Allow, Block, Quarantine }

    public enum AcceptedDomainType { Authoritative, ExternalRelay, InternalRelay }

    public sealed class AcceptedDomain
    {
        public SmtpDomainWithSubdomains? DomainName { get; init; }
        public AcceptedDomainType DomainType { get; init; }
        public bool Default { get; init; }
        public string Name { get; init; } = "";
        public Guid Guid { get; init; }
        public override string ToString() => Name;
    }

    public enum DeviceAccessCharacteristic { DeviceType, DeviceModel, DeviceOS, UserAgent, XMSWLHeader }

    public sealed class ActiveSyncOrganizationSettings
    {
        public DeviceAccessLevel DefaultAccessLevel { get; init; }
        public string? UserMailInsert { get; init; }
        public bool AllowAccessForUnSupportedPlatform { get; init; }
        public MultiValuedProperty<SmtpAddress> AdminMailRecipients { get; init; } = [];
        public string Name { get; init; } = "Mobile Mailbox Settings";
        public Guid Guid { get; init; }
        public override string ToString() => Name;
    }

    public sealed class ActiveSyncDeviceAccessRule
    {
        public string QueryString { get; init; } = "";
        public DeviceAccessCharacteristic Characteristic { get; init; }
        public DeviceAccessLevel AccessLevel { get; init; }
        public string Name { get; init; } = "";
        public ADObjectId? Identity { get; init; }
        public Guid Guid { get; init; }
        public override string ToString() => Name;
    }
}

namespace Microsoft.Exchange.Data.Directory.Management
{
    using Microsoft.Exchange.Data.Directory;
    using Microsoft.Exchange.Data.Directory.Recipient;
    using Microsoft.Exchange.Data.Directory.SystemConfiguration;

    public sealed class MobileDevice
    {
        public string FriendlyName { get; init; } = "";
        public string DeviceId { get; init; } = "";
        public string DeviceImei { get; init; } = "";
        public string DeviceMobileOperator { get; init; } = "";
        public string DeviceOS { get; init; } = "";
        public string DeviceOSLanguage { get; init; } = "en-US";
        public string DeviceTelephoneNumber { get; init; } = "";
        public string DeviceType { get; init; } = "";
        public string DeviceUserAgent { get; init; } = "";
        public string DeviceModel { get; init; } = "";
        public DateTime? FirstSyncTime { get; init; }
        public string UserDisplayName { get; init; } = "";
        public DeviceAccessState DeviceAccessState { get; init; }
        public DeviceAccessStateReason DeviceAccessStateReason { get; init; }
        public ADObjectId? DeviceAccessControlRule { get; init; }
        public string ClientVersion { get; init; } = "16.1";
        public MobileClientType ClientType { get; init; }
        public bool IsManaged { get; init; }
        public bool IsCompliant { get; init; }
        public bool IsDisabled { get; init; }
        public string AdminDisplayName { get; init; } = "";
        public Version ExchangeVersion { get; init; } = new(0, 10, 14, 0);
        public string Name { get; init; } = "";
        public string DistinguishedName { get; init; } = "";
        public ADObjectId? Identity { get; init; }
        public ADObjectId? Id { get; init; }
        public Guid Guid { get; init; }
        public MultiValuedProperty<string> ObjectClass { get; init; } = ["top", "msExchActiveSyncDevice"];
        public DateTime WhenChangedUTC { get; init; }
        public DateTime WhenCreatedUTC { get; init; }
        public string OrganizationId { get; init; } = "";
        public bool IsValid { get; init; } = true;
        public ObjectState ObjectState { get; init; } = ObjectState.Unchanged;
    }

    public sealed class CASMailbox
    {
        public SmtpAddress PrimarySmtpAddress { get; init; }
        public string SamAccountName { get; init; } = "";
        public string DisplayName { get; init; } = "";
        public MultiValuedProperty<string> ActiveSyncAllowedDeviceIDs { get; init; } = [];
        public MultiValuedProperty<string> ActiveSyncBlockedDeviceIDs { get; init; } = [];
        public bool ActiveSyncEnabled { get; init; } = true;
        public bool HasActiveSyncDevicePartnership { get; init; } = true;
        public ADObjectId? ActiveSyncMailboxPolicy { get; init; }
        public MultiValuedProperty<string> EmailAddresses { get; init; } = [];
        public Guid Guid { get; init; }
        public ADObjectId? Identity { get; init; }
        public string Name { get; init; } = "";
        public string DistinguishedName { get; init; } = "";
        public DateTime WhenChangedUTC { get; init; }
        public TimeSpan Age { get; init; } = TimeSpan.FromDays(3);
        public bool IsValid { get; init; } = true;
    }

    public sealed class MobileDeviceConfiguration
    {
        public string DeviceID { get; init; } = "";
        public Guid Guid { get; init; }
        public DateTime? LastSuccessSync { get; init; }
        public DateTime? LastSyncAttemptTime { get; init; }
        public uint? LastPingHeartbeat { get; init; } = 470;
        public string[] DevicePolicyApplied { get; init; } = ["Default"];
        public ADObjectId? Identity { get; init; }
        public DeviceAccessState DeviceAccessState { get; init; }
        public DeviceAccessStateReason DeviceAccessStateReason { get; init; }
        public DateTime? DeviceWipeRequestTime { get; init; }
        public DateTime? DeviceWipeAckTime { get; init; }
        public DevicePolicyApplicationStatus DevicePolicyApplicationStatus { get; init; }
    }

    public enum DevicePolicyApplicationStatus { Unknown, NotApplied, AppliedInFull, PartiallyApplied, ExternallyManaged }

    public sealed class ReducedRecipient
    {
        public string Name { get; init; } = "";
        public RecipientTypeDetails RecipientTypeDetails { get; init; }
        public SmtpAddress PrimarySmtpAddress { get; init; }
        public Guid Guid { get; init; }
        public RecipientType RecipientType { get; init; }
        public string DisplayName { get; init; } = "";
        public MultiValuedProperty<string> EmailAddresses { get; init; } = [];
        public ADObjectId? Identity { get; init; }
        public string DistinguishedName { get; init; } = "";
    }

    public sealed class User
    {
        public string SamAccountName { get; init; } = "";
        public string UserPrincipalName { get; init; } = "";
        public string DisplayName { get; init; } = "";
        public RecipientType RecipientType { get; init; }
        public RecipientTypeDetails RecipientTypeDetails { get; init; }
        public Guid Guid { get; init; }
        public ADObjectId? Identity { get; init; }
        public string DistinguishedName { get; init; } = "";
    }

    public sealed class Mailbox
    {
        public string Database { get; init; } = "";
        public bool UseDatabaseQuotaDefaults { get; init; } = true;
        public Unlimited<ByteQuantifiedSize> ProhibitSendQuota { get; init; } = Unlimited<ByteQuantifiedSize>.UnlimitedValue;
        public bool AccountDisabled { get; init; }
        public bool HiddenFromAddressListsEnabled { get; init; }
        public string DisplayName { get; init; } = "";
        public Guid Guid { get; init; }
        public ADObjectId? Identity { get; init; }
        public string DistinguishedName { get; init; } = "";
    }

    public sealed class DynamicDistributionGroup
    {
        public string RecipientFilter { get; init; } = "";
        public ADObjectId? RecipientContainer { get; init; }
        public string DisplayName { get; init; } = "";
        public Guid Guid { get; init; }
        public ADObjectId? Identity { get; init; }
        public string DistinguishedName { get; init; } = "";
    }

    public enum ThrottlingPolicyScopeType { Regular, Organization, Global }

    public sealed class ThrottlingPolicy
    {
        public bool IsServiceAccount { get; init; }
        public ThrottlingPolicyScopeType ThrottlingPolicyScope { get; init; }
        public Unlimited<uint>? PowerShellMaxConcurrency { get; init; }
        public Unlimited<uint>? PowerShellMaxCmdlets { get; init; }
        public Unlimited<uint>? PowerShellMaxCmdletsTimePeriod { get; init; }
        public string Name { get; init; } = "";
        public ADObjectId? Identity { get; init; }
        public Guid Guid { get; init; }
        public override string ToString() => Name;
    }

    public sealed class ThrottlingPolicyAssociation
    {
        public ADObjectId? ObjectId { get; init; }
        public ADObjectId? ThrottlingPolicyId { get; init; }
        public string Name { get; init; } = "";
        public Guid Guid { get; init; }
        public override string ToString() => Name;
    }

    public sealed class ADServerSettings
    {
        public string RecipientViewRoot { get; init; } = "";
        public bool ViewEntireForest => RecipientViewRoot.Length == 0;
    }

    public sealed class OrganizationConfig
    {
        public string Name { get; init; } = "";
        public string Identity { get; init; } = "";
        public bool IsDehydrated { get; init; }
        public Guid Guid { get; init; }
        public override string ToString() => Name;
    }

    public sealed class ExchangeServer
    {
        public string Name { get; init; } = "";
        public string Fqdn { get; init; } = "";
        public string Edition { get; init; } = "Standard";
        public bool IsClientAccessServer { get; init; } = true;
        public ServerVersion AdminDisplayVersion { get; init; } = new(15, 2, 1544, 4);
        public string ServerRole { get; init; } = "Mailbox";
        public Guid Guid { get; init; }
        public override string ToString() => Name;
    }
}

namespace Microsoft.Exchange.Data.Storage.Management
{
    using System.Globalization;
    using Microsoft.Exchange.Data.Directory;

    public sealed class MailboxRegionalConfiguration
    {
        public string? DateFormat { get; init; }
        public CultureInfo? Language { get; init; }
        public bool DefaultFolderNameMatchingUserLanguage { get; init; }
        public ADObjectId? Identity { get; init; }
    }
}

namespace Microsoft.Exchange.Management.MapiTasks.Presentation
{
    using Microsoft.Exchange.Data;

    public sealed class MailboxStatistics
    {
        public string DisplayName { get; init; } = "";
        public uint? ItemCount { get; init; }
        public Unlimited<ByteQuantifiedSize> TotalItemSize { get; init; }
        public Unlimited<ByteQuantifiedSize> DatabaseProhibitSendQuota { get; init; }
        public Guid MailboxGuid { get; init; }
        public override string ToString() => DisplayName;
    }
}

namespace Microsoft.Exchange.Configuration.Tasks
{
    /// <summary>Names an object by GUID, distinguished name or canonical name.</summary>
    public abstract class ADIdParameter
    {
        protected ADIdParameter(string identity)
        {
            if (identity.Length == 0) throw new ArgumentException("Parameter values of type Identity can't be empty. Specify a value, and try again.");
            RawIdentity = identity;
        }

        internal string RawIdentity { get; }

        internal bool Names(Data.Directory.ADObjectId id) =>
            Guid.TryParse(RawIdentity, out Guid guid)
                ? guid == id.ObjectGuid
                : RawIdentity.Equals(id.DistinguishedName, StringComparison.OrdinalIgnoreCase)
                    || RawIdentity.Equals(id.ToString(), StringComparison.OrdinalIgnoreCase);

        public override string ToString() => RawIdentity;
    }

    public sealed class MailboxIdParameter(string identity) : ADIdParameter(identity);

    public sealed class MobileDeviceIdParameter(string identity) : ADIdParameter(identity);

    public sealed class RecipientIdParameter(string identity) : ADIdParameter(identity);

    public sealed class ThrottlingPolicyAssociationIdParameter(string identity) : ADIdParameter(identity);

    public sealed class OrganizationalUnitIdParameter(string identity) : ADIdParameter(identity);

    public sealed class ServerIdParameter(string identity) : ADIdParameter(identity);

    public sealed class Fqdn
    {
        private readonly string _name;

        private Fqdn(string name) => _name = name;

        public static Fqdn Parse(string name) =>
            Uri.CheckHostName(name) == UriHostNameType.Dns ? new(name) : throw new FormatException($"\"{name}\" isn't a valid fully qualified domain name.");

        public override string ToString() => _name;
    }

    public sealed class ManagementObjectNotFoundException(string message) : Exception(message);
}
