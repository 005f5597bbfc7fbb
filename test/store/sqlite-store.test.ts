import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore, type SqliteStore } from '@countersign/store-sqlite'
import { storeContract } from '@countersign/testing/store-contract'
import { afterAll, describe, expect, test } from 'vitest'

const top = mkdtempSync(join(tmpdir(), 'countersign-sqlite-'))
afterAll(() => rmSync(top, { recursive: true }))

let opened = 0

storeContract(
  'openSqliteStore',
  { describe, test, expect },
  {
    open: () => openSqliteStore(join(top, `trail-${opened++}.db`)),
    reopen: closed => openSqliteStore((closed as SqliteStore).path),
    second: first => openSqliteStore((first as SqliteStore).path),
    reader: writer => openSqliteStore((writer as SqliteStore).path, { readOnly: true }),
  },
)
