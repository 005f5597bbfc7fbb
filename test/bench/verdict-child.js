import { verifyFile } from '@countersign/cli'

// A host sets no flags of the engine. The path stands first, and how many threads there are last.
const [path = '', threads] = [process.argv[2], process.argv.at(-1)]
const { status } = await verifyFile(path, { threads: Number(threads) })
console.log(JSON.stringify({ status }))
