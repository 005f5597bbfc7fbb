import { eventLog } from './command.ts'

process.exitCode = await eventLog(process.argv.slice(2), process)
