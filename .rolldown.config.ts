import { globSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineConfig, type Plugin, type RolldownOptions } from 'rolldown'

const folders = globSync('packages/*/package.json', { cwd: import.meta.dirname }).map(file => dirname(file))

/** What `package.json` says of files that are built: what can be imported, from within as well, and what runs. */
const named = (told: unknown): readonly string[] => {
  if (typeof told === 'object' && told !== null) return Object.values(told).flatMap(named)
  return typeof told === 'string' && /^\.\/dist\/.*\.js$/.test(told)
    ? [told.slice('./dist/'.length, -'.js'.length)]
    : []
}

/** What a build of before has left would be packed as well. */
const clean = (folder: string): Plugin => ({
  name: 'clean',
  buildStart() {
    for (const file of globSync('dist/**/*.js', { cwd: folder })) rmSync(join(folder, file))
  },
})

export default defineConfig(
  folders.map((folder): RolldownOptions => {
    const cwd = join(import.meta.dirname, folder)
    const { exports, imports, bin } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >
    const entries = new Set(named({ exports, imports, bin }))
    return {
      cwd,
      input: Object.fromEntries([...entries].map(entry => [entry, `./src/${entry}.ts`])),
      // Whatever is no file of the package is a dependency: nothing of another package, or of somebody else's, is taken in.
      external: /^[^./]/,
      platform: 'node',
      plugins: [clean(cwd)],
      output: { dir: 'dist', chunkFileNames: 'parts/[name].js', minifyInternalExports: false },
    }
  }),
)
