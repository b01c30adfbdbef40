// What an administrator pastes to prepare an organization. These bind, and put out what they bound: "Name: type=value".
// Parameters and their types as in office-docs-powershell (exchange/exchange-ps/ExchangePowerShell), those of Exchange Server.
using System.Management.Automation;
using Microsoft.Exchange.Configuration.Tasks;
using Microsoft.Exchange.Data;
using Microsoft.Exchange.Data.Directory;
using Microsoft.Exchange.Data.Directory.Management;
using Microsoft.Exchange.Data.Directory.SystemConfiguration;

namespace Microsoft.Exchange.Configuration.Tasks
{
    public sealed class RoleIdParameter(string identity) : ADIdParameter(identity);

    public sealed class RoleEntryIdParameter(string identity) : ADIdParameter(identity);

    public sealed class RoleGroupIdParameter(string identity) : ADIdParameter(identity);

    public sealed class UserIdParameter(string identity) : ADIdParameter(identity);

    public sealed class ManagementScopeIdParameter(string identity) : ADIdParameter(identity);

    public sealed class ThrottlingPolicyIdParameter(string identity) : ADIdParameter(identity);

    public sealed class VirtualDirectoryIdParameter(string identity) : ADIdParameter(identity);
}

namespace Microsoft.Exchange.Data.Directory.SystemConfiguration
{
    public enum ExtendedProtectionTokenCheckingMode { None, Allow, Require }

    public enum ManagementRoleEntryType { Cmdlet, Script, ApplicationPermission }
}

namespace ExchangeEngine
{
    /// <summary>Binds, and says what was bound.</summary>
    public abstract class AdministrationCmdlet : ExchangeCmdlet
    {
        protected override void EndProcessing()
        {
            if (!ShouldProcess("the organization")) return;
            foreach (var (name, value) in MyInvocation.BoundParameters.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                WriteObject($"{name}: {Text(value)}");
        }

        private static string Text(object? value) => value switch
        {
            string text => text,
            System.Collections.IEnumerable many => string.Join(",", many.Cast<object>()),
            SwitchParameter given => given.IsPresent.ToString(),
            _ => value?.ToString() ?? "null",
        };
    }

    [Cmdlet(VerbsCommon.New, "ManagementRole", SupportsShouldProcess = true, DefaultParameterSetName = "NewDerivedRole")]
    public sealed class NewManagementRole : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true)] public string Name { get; set; } = null!;
        [Parameter(ParameterSetName = "NewDerivedRole", Mandatory = true, ValueFromPipeline = true)] public RoleIdParameter Parent { get; set; } = null!;
        [Parameter(ParameterSetName = "NewDerivedRole")] public string[]? EnabledCmdlets { get; set; }
        [Parameter(ParameterSetName = "UnScopedTopLevelRole", Mandatory = true)] public SwitchParameter UnScopedTopLevel { get; set; }
        [Parameter] public string? Description { get; set; }
    }

    [Cmdlet(VerbsCommon.Remove, "ManagementRole", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
    public sealed class RemoveManagementRole : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public RoleIdParameter Identity { get; set; } = null!;
        [Parameter] public SwitchParameter Recurse { get; set; }
        [Parameter] public SwitchParameter UnScopedTopLevel { get; set; }
    }

    [Cmdlet(VerbsCommon.Set, "ManagementRoleEntry", SupportsShouldProcess = true)]
    public sealed class SetManagementRoleEntry : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public RoleEntryIdParameter Identity { get; set; } = null!;
        [Parameter] public string[]? Parameters { get; set; }
        [Parameter] public SwitchParameter AddParameter { get; set; }
        [Parameter] public SwitchParameter RemoveParameter { get; set; }
        [Parameter] public SwitchParameter UnScopedTopLevel { get; set; }
    }

    [Cmdlet(VerbsCommon.Add, "ManagementRoleEntry", SupportsShouldProcess = true, DefaultParameterSetName = "Identity")]
    public sealed class AddManagementRoleEntry : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Identity", ValueFromPipeline = true)] public RoleEntryIdParameter Identity { get; set; } = null!;
        [Parameter(Position = 0, Mandatory = true, ParameterSetName = "ParentRoleEntry", ValueFromPipeline = true)] public RoleEntryIdParameter ParentRoleEntry { get; set; } = null!;
        [Parameter(Mandatory = true, ParameterSetName = "ParentRoleEntry")] public RoleIdParameter Role { get; set; } = null!;
        [Parameter(ParameterSetName = "Identity")] public string[]? Parameters { get; set; }
        [Parameter(ParameterSetName = "Identity")] public string? PSSnapinName { get; set; }
        [Parameter(ParameterSetName = "Identity")] public ManagementRoleEntryType Type { get; set; }
        [Parameter(ParameterSetName = "Identity")] public SwitchParameter UnScopedTopLevel { get; set; }
        [Parameter] public SwitchParameter Overwrite { get; set; }
    }

    [Cmdlet(VerbsCommon.New, "RoleGroup", SupportsShouldProcess = true, DefaultParameterSetName = "Default")]
    public sealed class NewRoleGroup : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true)] public string Name { get; set; } = null!;
        [Parameter] public RoleIdParameter[]? Roles { get; set; }
        [Parameter(ParameterSetName = "Default")] public MultiValuedProperty<string>? Members { get; set; }
        [Parameter] public MultiValuedProperty<string>? ManagedBy { get; set; }
        [Parameter] public string? Description { get; set; }
        [Parameter] public string? DisplayName { get; set; }
        [Parameter] public string? SamAccountName { get; set; }
        [Parameter] public ManagementScopeIdParameter? CustomConfigWriteScope { get; set; }
        [Parameter] public ManagementScopeIdParameter? CustomRecipientWriteScope { get; set; }
        [Parameter] public OrganizationalUnitIdParameter? RecipientOrganizationalUnitScope { get; set; }
        [Parameter(ParameterSetName = "CrossForest", Mandatory = true)] public string LinkedDomainController { get; set; } = null!;
        [Parameter(ParameterSetName = "CrossForest", Mandatory = true)] public RoleGroupIdParameter LinkedForeignGroup { get; set; } = null!;
        [Parameter(ParameterSetName = "CrossForest")] public PSCredential? LinkedCredential { get; set; }
    }

    [Cmdlet(VerbsCommon.Remove, "RoleGroup", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
    public sealed class RemoveRoleGroup : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public RoleGroupIdParameter Identity { get; set; } = null!;
        [Parameter] public SwitchParameter BypassSecurityGroupManagerCheck { get; set; }
    }

    /// <summary>Of the many attributes of a user those that somebody may paste beside the one that is needed.</summary>
    [Cmdlet(VerbsCommon.Set, "User", SupportsShouldProcess = true)]
    public sealed class SetUser : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public UserIdParameter Identity { get; set; } = null!;
        [Parameter] public bool RemotePowerShellEnabled { get; set; }
        [Parameter] public bool ResetPasswordOnNextLogon { get; set; }
        [Parameter] public string? DisplayName { get; set; }
        [Parameter] public string? UserPrincipalName { get; set; }
    }

    /// <summary>Its limits of PowerShell and of mails; there are some 130 others.</summary>
    [Cmdlet(VerbsCommon.New, "ThrottlingPolicy", SupportsShouldProcess = true)]
    public sealed class NewThrottlingPolicy : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true)] public string Name { get; set; } = null!;
        [Parameter] public ThrottlingPolicyScopeType ThrottlingPolicyScope { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxConcurrency { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxCmdlets { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxCmdletsTimePeriod { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxCmdletQueueDepth { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxDestructiveCmdlets { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxDestructiveCmdletsTimePeriod { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxOperations { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxRunspaces { get; set; }
        [Parameter] public Unlimited<uint>? PowerShellMaxRunspacesTimePeriod { get; set; }
        [Parameter] public Unlimited<uint>? MessageRateLimit { get; set; }
        [Parameter] public SwitchParameter IsServiceAccount { get; set; }
    }

    [Cmdlet(VerbsCommon.Set, "ThrottlingPolicyAssociation", SupportsShouldProcess = true)]
    public sealed class SetThrottlingPolicyAssociation : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public ThrottlingPolicyAssociationIdParameter Identity { get; set; } = null!;
        [Parameter] public ThrottlingPolicyIdParameter? ThrottlingPolicy { get; set; }
    }

    [Cmdlet(VerbsCommon.Remove, "ThrottlingPolicy", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
    public sealed class RemoveThrottlingPolicy : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public ThrottlingPolicyIdParameter Identity { get; set; } = null!;
        [Parameter] public SwitchParameter Force { get; set; }
    }

    [Cmdlet(VerbsCommon.Set, "PowerShellVirtualDirectory", SupportsShouldProcess = true)]
    public sealed class SetPowerShellVirtualDirectory : AdministrationCmdlet
    {
        [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)] public VirtualDirectoryIdParameter Identity { get; set; } = null!;
        [Parameter] public bool BasicAuthentication { get; set; }
        [Parameter] public bool WindowsAuthentication { get; set; }
        [Parameter] public bool CertificateAuthentication { get; set; }
        [Parameter] public bool RequireSSL { get; set; }
        [Parameter] public Uri? ExternalUrl { get; set; }
        [Parameter] public Uri? InternalUrl { get; set; }
        [Parameter] public ExtendedProtectionTokenCheckingMode ExtendedProtectionTokenChecking { get; set; }
        [Parameter] public MultiValuedProperty<string>? ExtendedProtectionFlags { get; set; }
        [Parameter] public MultiValuedProperty<string>? ExtendedProtectionSPNList { get; set; }
    }
}
