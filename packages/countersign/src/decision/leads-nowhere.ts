/**
 * Thrown where what is recorded leads nowhere: a change under a policy that was never adopted, for example. No desk writes such
 * a record, so whoever judges one says so of it; anything else that is thrown is a fault of this library.
 */
export class LeadsNowhere extends RangeError {}
