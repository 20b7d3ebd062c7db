/** Run as a process of its own: downloads `argv[4]` of repository `argv[3]` of the hub `argv[2]`, and prints its path. */
import { openRepository } from "../index.ts";
import { pathOf } from "./path-of.ts";

const [endpoint, source, path] = process.argv.slice(2) as [string, string, string];
const repository = await openRepository(source, { endpoint });
process.stdout.write(await pathOf(repository.file(path)));
