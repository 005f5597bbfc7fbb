#!/usr/bin/env node
import { countersignArguments, countersignHelp } from './countersign-arguments.ts'
import { run } from './run.ts'
import { version } from './version.ts'

await run('countersign', async argv => {
  const asked = countersignArguments(argv)
  if (asked.show === 'lint') {
    const { lintCommand } = await import('./lint-command.ts')
    return lintCommand(asked)
  }
  if (!('trail' in asked)) {
    process.stdout.write(asked.show === 'version' ? `${version}\n` : countersignHelp)
    return 0
  }
  const { showCommand } = await import('./show-command.ts')
  return showCommand(asked)
})
