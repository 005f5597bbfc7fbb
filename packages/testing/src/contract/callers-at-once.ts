import { acknowledged } from './at-once/acknowledged.ts'
import { acknowledgedToAll } from './at-once/acknowledged-to-all.ts'
import { conflict } from './at-once/conflict.ts'
import { knownHead } from './at-once/known-head.ts'
import { nothingLost } from './at-once/nothing-lost.ts'
import { ownRefusal } from './at-once/own-refusal.ts'
import { severalWriters } from './at-once/several-writers.ts'
import { wholeBatch } from './at-once/whole-batch.ts'
import type { Trials } from './trials.ts'

/** What holds where several append, and others look on. */
export function callersAtOnce(trials: Trials): void {
  const { describe, stores } = trials
  describe('callers at once', () => {
    nothingLost(trials)
    acknowledged(trials)
    conflict(trials)
    ownRefusal(trials)
    wholeBatch(trials)
    knownHead(trials)
  })

  if (stores.second !== undefined || stores.reader !== undefined)
    describe('a trail that is opened twice', () => {
      acknowledgedToAll(trials)
      severalWriters(trials)
    })
}
