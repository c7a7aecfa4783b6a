#!/usr/bin/env node
import { openCommandPorts } from '../app/commands.ts';
import { runCommand } from '../commands/index.ts';

process.exitCode = await runCommand(process.argv.slice(2), process.env, openCommandPorts);
