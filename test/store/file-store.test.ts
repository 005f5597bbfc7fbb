import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FileStore, openFileStore } from '@countersign/store-file'
import { storeContract } from '@countersign/testing/store-contract'
import { afterAll, describe, expect, test } from 'vitest'

const top = mkdtempSync(join(tmpdir(), 'countersign-store-'))
afterAll(() => rmSync(top, { recursive: true }))

let opened = 0

storeContract(
  'openFileStore',
  { describe, test, expect },
  {
    open: () => openFileStore(join(top, `trail-${opened++}`)),
    reopen: closed => openFileStore((closed as FileStore).path),
    second: first => openFileStore((first as FileStore).path),
    reader: writer => openFileStore((writer as FileStore).path, { readOnly: true }),
  },
)
