/** Runs programs one after the other, each in the folder in which it lies; what one prints ends with a zero byte. */

import { dirname } from 'node:path'
import { chdir } from 'node:process'
import { pathToFileURL } from 'node:url'

for (const path of process.argv.slice(2)) {
  chdir(dirname(path))
  await import(pathToFileURL(path).href)
  process.stdout.write('\0')
}
