import { ConsistencyProver, formatFork, Integrity } from '@countersign/trail'
import type { ForkFound, Verdict } from 'countersign/verify'
import { readBlocks } from '../files/blocks.ts'
import { createNew } from '../files/written-file.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { isUnread } from './unread-part.ts'

/** Adds the consistency proofs that show contradictions between checkpoints. A second look, taken only where there are any. */
export async function withProofs(file: string, verdict: Verdict): Promise<Verdict> {
  const provers = new Map<ForkFound, ConsistencyProver>()
  for (const fork of verdict.forks)
    if (fork.proof === undefined) provers.set(fork, new ConsistencyProver(fork.smallerSize, fork.largerSize))
  if (provers.size === 0) return verdict
  const integrity = new Integrity({
    maxFindings: 0,
    onLine: ({ leafHash }) => {
      for (const prover of provers.values()) prover.append(leafHash)
    },
  })
  await readBlocks(file, block => integrity.push(block), { until: verdict.bytes })
  integrity.finish()
  const forks = verdict.forks.map(fork => {
    const proof = provers.get(fork)?.proof()
    return proof === undefined ? fork : { ...fork, proof }
  })
  return { ...verdict, forks }
}

/**
 * Writes down the first contradiction, where there is one, and tells whether it did: the file is for somebody who has
 * neither trail nor checkpoints.
 */
export async function writeForkProof(path: string, { anchors, codes, forks }: Verdict, shell: Shell): Promise<boolean> {
  const file = terminalText(path)
  const fork = forks.find(({ proof }) => proof !== undefined)
  if (fork?.proof === undefined) {
    const isPart = anchors.some(one => one.uncompared !== undefined)
    const part = isUnread({ codes }) ? 'what could be read' : 'a bundle'
    const because =
      forks.length === 0
        ? `no two checkpoints contradict each other${isPart ? ` as far as ${part} can show` : ''}`
        : 'to prove what contradicts each other takes the trail as one file'
    shell.stderr.write(`verify-trail: ${because}, so ${file} was not written.\n`)
    return false
  }
  const { smaller, larger, root, proof } = fork
  try {
    await createNew(path, formatFork({ smaller, larger, root, proof }))
  } catch (error) {
    // The verdict is worth more than what shows a part of it to others: it is printed, with its code.
    shell.stderr.write(`verify-trail: ${terminalText((error as Error).message)}. The verdict stands all the same.\n`)
    return false
  }
  const [one, other] = forkedNames(fork)
  const keyOf = (which: string, size: number) => anchors.find(it => it.name === which && it.size === size)?.key
  const isOfTwo = keyOf(fork.smallerName, fork.smallerSize) !== keyOf(fork.largerName, fork.largerSize)
  const keys = isOfTwo ? '--key FILE --key FILE judges it, with the key of each' : '--key FILE judges it'
  shell.stderr.write(
    `verify-trail: ${file} shows that ${one} and ${other} cannot both be of one history; ` +
      `verify-trail fork ${shellWord(path)} ${keys}.\n`,
  )
  return true
}

/**
 * The two checkpoints that contradict each other, the smaller one first, by their files, within a sentence. That of a bundle
 * lies in no file of its own.
 */
export function forkedNames({ smallerName, largerName, inBundle }: ForkFound): readonly [string, string] {
  const own = 'the one in the bundle'
  return [
    inBundle === 'smaller' ? own : terminalText(smallerName),
    inBundle === 'larger' ? own : terminalText(largerName),
  ]
}
