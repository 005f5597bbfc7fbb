import { endWith, misuse } from './shell/run.ts'
import type { Shell } from './shell/shell.ts'
import { verifyArguments, verifyHelp } from './verify-trail/verify-arguments.ts'

/** The command line of `verify-trail`: judges what it names, and gives the exit code. */
export async function verifyTrail(argv: string[], shell: Shell): Promise<number> {
  const asked = await verifyArguments(argv)
  if (asked.show !== undefined)
    return endWith(shell, asked.show === 'version' ? `${(await import('./version.ts')).version}\n` : verifyHelp)
  if ('fork' in asked) {
    const { forkCommand } = await import('./verify-trail/fork-command.ts')
    return forkCommand(asked, shell)
  }
  if ('finding' in asked)
    return (await import('./verify-trail/finding-command.ts')).findingCommand(asked.finding, shell)
  const { trail } = asked
  if (!asked.bundle && (trail === 'bundle' || trail === 'fork' || trail === 'finding')) await requireNamed(trail)
  // What a verifier holds stays the same, and what it has read is garbage at once. Left to itself the engine lets several times
  // as much garbage stand as there is of the rest, the more, the longer the trail. Threads that are started begin with as much
  // room for what is young as they need, and get no more; each clears it up itself, as every processor has work. The first
  // thread, which began before, takes what room it wants: with as little as it begins with it would need half as long again to
  // judge; to check bytes it needs no more. In a process of a host's that is the host's matter.
  const frugal =
    asked.only === 'integrity'
      ? '--semi-space-growth-factor=1'
      : '--heap-growing-percent=25 --min-semi-space-size=16 --max-semi-space-size=16 --no-parallel-scavenge'
  if (shell.print !== undefined) (await import('node:v8')).setFlagsFromString(frugal)
  // The verifier and what it stands on take longer to load than to say the version.
  const { verifyCommand } = await import('./verify-trail/verify-command.ts')
  return verifyCommand(asked, shell)
}

/** A word that says what is judged or told stands before its name. Where it stands alone, it may be the name of a trail. */
async function requireNamed(word: 'bundle' | 'fork' | 'finding'): Promise<void> {
  const { stat } = await import('node:fs/promises')
  await stat(word).catch(() => {
    throw misuse('verify-trail', `which ${word}? Name its ${word === 'finding' ? 'code' : 'file'} behind the word`)
  })
}
