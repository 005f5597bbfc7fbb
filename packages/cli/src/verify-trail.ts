#!/usr/bin/env node
import { runProgram } from './shell/run.ts'
import { verifyTrail } from './verify-trail-line.ts'

await runProgram('verify-trail', verifyTrail)
