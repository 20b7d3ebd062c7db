/** Run as a process of its own: opens the embedded database in `argv[2]`, prints "open", and keeps it until it is told to end. */
import { openDatabase } from "../index.ts";

const database = await openDatabase({ folder: process.argv[2]! }, { migrations: {} });
console.log("open");
for await (const _ of process.stdin);
await database[Symbol.asyncDispose]();
