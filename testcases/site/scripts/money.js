/** Amounts are whole cents everywhere; this is the only place that writes them for people. */
export const euros = (cents) => `€${(cents / 100).toFixed(2)}`;
