/** The `complianceReason` of a record of which nothing tells compliance, where that it is managed is enough: no word of its MDM. */
export const MANAGED_IS_ENOUGH = 'managed-is-enough';
