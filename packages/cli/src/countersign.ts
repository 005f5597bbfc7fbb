#!/usr/bin/env node
import { countersign } from './countersign-line.ts'
import { runProgram } from './shell/run.ts'

await runProgram('countersign', countersign)
