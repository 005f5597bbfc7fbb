import { CountersignError, encodeUtf8 } from '@countersign/trail'
import type * as z from 'zod'
import { type Difference, mostDifferences } from '../governance/command.ts'
import { differencesOf, directorySchema } from '../governance/directory.ts'
import type { Governance } from '../governance/governance.ts'
import type { Instant } from '../values/instant.ts'
import { problemOf } from '../values/problem.ts'
import { safeParse } from '../values/safe-parse.ts'
import type { Receipt } from './receipt.ts'

/** A directory as it comes from outside; instants may have any offset. */
export type DirectoryInput = z.input<typeof directorySchema>

/** So many bytes of differences leave room in an entry for what is recorded of them. */
const mostBytes = 20_000
/** An event says who and when, which its difference does not. */
const aroundEach = 150

/** What differs, in parts that are small enough for an entry each. */
export function partsOf(governance: Governance, directory: unknown, at: Instant): Difference[][] {
  const parsed = safeParse(directorySchema, directory)
  if (!parsed.success) {
    const problems = parsed.error.issues
      .slice(0, 10)
      .map(issue => `${issue.path.join('.') || 'directory'}: ${problemOf(issue)}`)
    throw new CountersignError('input', `this is no directory: ${problems.join('; ')}`, { facts: { problems } })
  }
  const parts: Difference[][] = []
  let bytes = 0
  for (const difference of differencesOf(governance, parsed.data, at)) {
    const size = encodeUtf8(JSON.stringify(difference)).length + aroundEach
    const last = parts.at(-1)
    if (last === undefined || last.length === mostDifferences || bytes + size > mostBytes) {
      parts.push([difference])
      bytes = size
    } else {
      last.push(difference)
      bytes += size
    }
  }
  return parts
}

/** Hands the parts in one after the other, and goes no further than the first that is refused. */
export async function loadParts(
  parts: readonly Difference[][],
  execute: (differences: Difference[]) => Promise<Receipt>,
): Promise<Receipt[]> {
  const receipts: Receipt[] = []
  const waiting = [...parts].reverse()
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const receipt = await execute(part)
    if (receipt.outcome === 'refused' && receipt.refusal.code === 'command.malformed' && part.length > 1) {
      // It was well formed before it was too large for an entry.
      const half = part.length >> 1
      waiting.push(part.slice(half), part.slice(0, half))
      continue
    }
    receipts.push(receipt)
    if (receipt.outcome === 'refused') break
  }
  return receipts
}
