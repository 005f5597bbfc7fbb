#!/usr/bin/env node
import { run } from './run.ts'
import { verifyArguments, verifyHelp } from './verify-arguments.ts'
import { version } from './version.ts'

await run('verify-trail', async argv => {
  const asked = verifyArguments(argv)
  if (asked.show !== undefined) {
    process.stdout.write(asked.show === 'version' ? `${version}\n` : verifyHelp)
    return 0
  }
  if ('fork' in asked) {
    const { forkCommand } = await import('./fork-command.ts')
    return forkCommand(asked)
  }
  // The verifier and what it stands on take longer to load than to say the version.
  const { verifyCommand } = await import('./verify-command.ts')
  return verifyCommand(asked)
})
