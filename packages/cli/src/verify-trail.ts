#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { runProgram } from './run.ts'
import { verifyTrail } from './verify-trail-line.ts'

// What a verifier holds stays the same, and what it has read is garbage at once. Left to itself the engine lets several times
// as much garbage stand as there is of the rest, the more, the longer the trail. The process is ours, and no host's.
setFlagsFromString('--heap-growing-percent=25')

await runProgram('verify-trail', verifyTrail)
