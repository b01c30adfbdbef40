using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Exchange.Data;
using Microsoft.Exchange.Data.Directory;
using Microsoft.Exchange.Data.Directory.Management;
using Microsoft.Exchange.Data.Directory.Recipient;
using Microsoft.Exchange.Data.Directory.SystemConfiguration;
using Microsoft.Exchange.Data.Storage.Management;
using Microsoft.Exchange.Management.MapiTasks.Presentation;

namespace ExchangeEngine;

/// <summary>
/// An organization of numbered mailboxes with one phone each, the same in every process; what a session changes is its own.
/// Names are such that careless readers and writers break.
/// </summary>
internal static class Fleet
{
    internal static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("ENGINE_MAILBOXES"), out int count) ? count : 12;

    /// <summary>How long each device of a bulk reading takes, in milliseconds.</summary>
    internal static readonly int DelayMs = int.TryParse(Environment.GetEnvironmentVariable("ENGINE_DELAY_MS"), out int delay) ? delay : 0;

    /// <summary>Whether cmdlets warn of what they were given.</summary>
    internal static readonly bool Echo = Environment.GetEnvironmentVariable("ENGINE_ECHO") == "1";

    /// <summary>What is odd about which objects: <c>kind:number</c>, with commas between them.</summary>
    private static readonly HashSet<string> Odd = [.. (Environment.GetEnvironmentVariable("ENGINE_ODD") ?? "").Split(',')];

    internal static bool IsOdd(string kind, int number) => Odd.Contains($"{kind}:{number}");

    /// <summary>Whether this session sees more than the servers' own domain; a process is one session.</summary>
    internal static bool ViewEntireForest { get; set; }

    private const string Base = "DC=contoso,DC=example";
    private static readonly DateTime Since = new(2026, 4, 30, 12, 0, 0, DateTimeKind.Utc);
    private static readonly string[] Names = ["Ann Müller", "Bjørn 'the' O’Hara", "Евгения _x000A_ Ли", "李 🎵 小龙", "A<b>&amp;\"c\""];
    private static readonly ConcurrentDictionary<int, Lists> Edited = new();
    private static readonly ConcurrentDictionary<int, bool> Removed = new();
    private static readonly ConcurrentDictionary<int, DateTime> Wiped = new();

    internal sealed class Lists
    {
        public List<string> Allowed { get; } = [];
        public List<string> Blocked { get; } = [];
    }

    internal static Lists ListsOf(int number) => Edited.GetOrAdd(number, key =>
    {
        Lists lists = new();
        if (key % 2 == 1) lists.Allowed.Add($"ADMIN{key}");
        return lists;
    });

    internal static void Remove(int number) => Removed[number] = true;

    internal static void Wipe(int number, bool cancel)
    {
        if (cancel) Wiped.TryRemove(number, out _);
        else Wiped[number] = new DateTime(2026, 5, 2, 9, 30, 0, DateTimeKind.Utc);
    }

    /// <summary>Odd as <c>child</c> is a mailbox of a child domain.</summary>
    internal static IEnumerable<int> Mailboxes => Enumerable.Range(0, Count).Where(number => ViewEntireForest || !IsOdd("child", number));

    internal static IEnumerable<int> Devices => Mailboxes.Where(number => !Removed.ContainsKey(number));

    internal static ADObjectId MailboxId(int number) =>
        new($"{DomainOf(number)}/Users/user{number}", $"CN=user{number},OU=Users,{BaseOf(number)}", MailboxGuid(number));

    private static string DomainOf(int number) => IsOdd("child", number) ? "asia.contoso.example" : "contoso.example";

    private static string BaseOf(int number) => IsOdd("child", number) ? $"DC=asia,{Base}" : Base;

    internal static ADObjectId DeviceId(int number)
    {
        string name = DeviceName(number);
        return new($"{DomainOf(number)}/Users/user{number}/ExchangeActiveSyncDevices/{name}",
            $"CN={name},CN=ExchangeActiveSyncDevices{(IsOdd("conflict", number) ? @"\0ACNF:5e2c71d8-3f0b-4f5c-9d0a-6a1b2c3d4e5f" : "")},CN=user{number},OU=Users,{BaseOf(number)}", new Guid(number + 1, 1, 0, new byte[8]));
    }

    internal static ADObjectId GroupId => new("contoso.example/Groups/Sales", $"CN=Sales,OU=Groups,{Base}", new Guid(0x5a1e5, 2, 0, new byte[8]));

    internal static ADObjectId ThrottlingPolicyId(string name) => new(name, $"CN={name},CN=Global Settings,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,{Base}", new Guid(name.Length, 7, 0, new byte[8]));

    internal static ADObjectId DynamicGroupId => new("contoso.example/Groups/Everybody", $"CN=Everybody,OU=Groups,{Base}", new Guid(0xe7e41, 2, 0, new byte[8]));

    internal static DynamicDistributionGroup DynamicGroup => new()
    {
        RecipientFilter = "((RecipientType -eq 'UserMailbox') -and (-not(Name -like 'user1*')))",
        RecipientContainer = new("contoso.example/Users", $"OU=Users,{Base}", new Guid(0x0051, 2, 0, new byte[8])),
        DisplayName = "Everybody",
        Guid = DynamicGroupId.ObjectGuid,
        Identity = DynamicGroupId,
        DistinguishedName = DynamicGroupId.DistinguishedName,
    };

    /// <summary>Every third has a quota of its own; the fourth's account is disabled.</summary>
    internal static Mailbox Mailbox(int number) => new()
    {
        Database = "Mailbox Database 1",
        UseDatabaseQuotaDefaults = number % 3 != 0,
        ProhibitSendQuota = number % 3 == 0 ? new ByteQuantifiedSize(1_500_000_000) : Unlimited<ByteQuantifiedSize>.UnlimitedValue,
        AccountDisabled = number == 4,
        HiddenFromAddressListsEnabled = number == 5,
        DisplayName = DisplayName(number),
        Guid = MailboxGuid(number),
        Identity = MailboxId(number),
        DistinguishedName = MailboxId(number).DistinguishedName,
    };

    /// <summary>Nobody has opened the second mailbox.</summary>
    internal static MailboxStatistics? MailboxStatistics(int number) => number == 2 ? null : new()
    {
        DisplayName = DisplayName(number),
        ItemCount = 7,
        TotalItemSize = new ByteQuantifiedSize(1_234_567_890),
        DatabaseProhibitSendQuota = new ByteQuantifiedSize(2_147_483_648),
        MailboxGuid = MailboxGuid(number),
    };

    internal static MailboxRegionalConfiguration RegionalConfiguration(int number) => new()
    {
        Language = (number % 3) switch { 0 => new CultureInfo("de-AT"), 1 => new CultureInfo("en-US"), _ => null },
        Identity = MailboxId(number),
    };

    internal static CASMailbox CasMailbox(int number)
    {
        Lists lists = ListsOf(number);
        return new CASMailbox
        {
            PrimarySmtpAddress = new(Address(number)),
            SamAccountName = $"user{number}",
            DisplayName = DisplayName(number),
            ActiveSyncAllowedDeviceIDs = new(lists.Allowed),
            ActiveSyncBlockedDeviceIDs = new(lists.Blocked),
            EmailAddresses = [$"SMTP:{Address(number)}"],
            Guid = MailboxGuid(number),
            Identity = MailboxId(number),
            Name = $"user{number}",
            DistinguishedName = MailboxId(number).DistinguishedName,
            WhenChangedUTC = new DateTime(2026, 5, 1, 8, 0, 0, DateTimeKind.Utc),
            HasActiveSyncDevicePartnership = !IsOdd("noflag", number),
        };
    }

    internal static MobileDevice Device(int number)
    {
        bool isApple = number % 3 == 0;
        ADObjectId id = DeviceId(number);
        return new MobileDevice
        {
            // A lone surrogate is what a name cut in the middle of a character leaves behind.
            FriendlyName = number % 4 == 3 ? "x\u0001\n_x0041_ \uD83C" : $"phone of {DisplayName(number)}",
            DeviceId = IsOdd("noid", number) ? "" : IsOdd("oddid", number) ? $" {EasId(number)}\t'x'\u00a0$(y) " : EasId(number),
            DeviceOS = isApple ? "iOS 19.1 23B85" : "Android 16",
            DeviceType = isApple ? "iPhone" : "SamsungDevice",
            DeviceUserAgent = isApple ? "Apple-iPhone17C3/2302.85" : "Android-SAMSUNG-SM-S931B/101.16",
            DeviceModel = isApple ? "iPhone17C3" : "SM-S931B",
            FirstSyncTime = FirstSync(number),
            UserDisplayName = MailboxId(number).ToString(),
            DeviceAccessState = State(number),
            DeviceAccessStateReason = DeviceAccessStateReason.Global,
            Name = DeviceName(number),
            DistinguishedName = id.DistinguishedName,
            Identity = id,
            Id = id,
            Guid = id.ObjectGuid,
            WhenChangedUTC = new DateTime(2026, 5, 1, 8, 0, 0, DateTimeKind.Unspecified),
            WhenCreatedUTC = new DateTime(2026, 4, 30, 0, 0, 0, DateTimeKind.Local),
        };
    }

    internal static MobileDeviceConfiguration Statistics(int number) => new()
    {
        DeviceID = EasId(number),
        Guid = DeviceId(number).ObjectGuid,
        LastSuccessSync = FirstSync(number),
        Identity = DeviceId(number),
        DeviceAccessState = State(number),
        DeviceAccessStateReason = DeviceAccessStateReason.Global,
        DeviceWipeRequestTime = Wiped.TryGetValue(number, out DateTime at) ? at : null,
        DevicePolicyApplicationStatus = DevicePolicyApplicationStatus.AppliedInFull,
    };

    internal static ReducedRecipient Recipient(int number) => new()
    {
        Name = $"user{number}",
        RecipientTypeDetails = RecipientTypeDetails.UserMailbox,
        PrimarySmtpAddress = new(Address(number)),
        Guid = MailboxGuid(number),
        RecipientType = RecipientType.UserMailbox,
        DisplayName = DisplayName(number),
        EmailAddresses = [$"SMTP:{Address(number)}", $"smtp:alias{number}@contoso.example"],
        Identity = MailboxId(number),
        DistinguishedName = MailboxId(number).DistinguishedName,
    };

    internal static User User(int number) => new()
    {
        SamAccountName = $"user{number}",
        UserPrincipalName = $"user{number}@corp.contoso.example",
        DisplayName = DisplayName(number),
        RecipientType = RecipientType.UserMailbox,
        RecipientTypeDetails = RecipientTypeDetails.UserMailbox,
        Guid = MailboxGuid(number),
        Identity = MailboxId(number),
        DistinguishedName = MailboxId(number).DistinguishedName,
    };

    private static Guid MailboxGuid(int number) => new(number + 1, 0, 0, new byte[8]);

    private static string Address(int number) => $"user{number}@contoso.example";

    private static string DisplayName(int number) => Names[number % Names.Length] + (number < Names.Length ? "" : $" {number}");

    private static string EasId(int number) => number % 3 == 0 ? $"ApplF{number:D10}" : $"{number:X32}";

    private static string DeviceName(int number) => $"iPhone§{EasId(number)}";

    private static DateTime? FirstSync(int number) => number % 5 == 4 ? null : Since.AddSeconds(number).AddTicks(1234567);

    private static DeviceAccessState State(int number) => (DeviceAccessState)(number % 4 + 1);
}
