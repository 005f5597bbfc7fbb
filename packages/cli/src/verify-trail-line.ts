import { endWith } from './run.ts'
import type { Shell } from './shell.ts'
import { verifyArguments, verifyHelp } from './verify-arguments.ts'

/** The command line of `verify-trail`: judges what it names, and gives the exit code. */
export async function verifyTrail(argv: string[], shell: Shell): Promise<number> {
  const asked = verifyArguments(argv)
  if (asked.show !== undefined)
    return endWith(shell, asked.show === 'version' ? `${(await import('./version.ts')).version}\n` : verifyHelp)
  if ('fork' in asked) {
    const { forkCommand } = await import('./fork-command.ts')
    return forkCommand(asked, shell)
  }
  // The verifier and what it stands on take longer to load than to say the version.
  const { verifyCommand } = await import('./verify-command.ts')
  return verifyCommand(asked, shell)
}
