import type { Verdict } from 'countersign/verify'

/** Whether a part of a publication could not be read, so that nobody knows what comes after it. */
export const isUnread = ({ codes }: Pick<Verdict, 'codes'>): boolean =>
  codes['tile.missing'] !== undefined || codes['tile.malformed'] !== undefined
