import type { Verdict } from 'countersign/verify'

/** How many findings were counted that a verdict does not list. */
export const unlistedIn = ({ found, findings }: Pick<Verdict, 'found' | 'findings'>): number => found - findings.length
