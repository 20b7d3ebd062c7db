import type { Command } from "commander";
import type { Surroundings } from "../../surroundings.ts";
import { addReport } from "./report.ts";
import { addRun } from "./run.ts";
import { addWorker } from "./worker.ts";

/** The paper's evaluation, for any model. */
export function addEval(program: Command, around: Surroundings): void {
	const command = program.command("eval").description("the paper's tables and figures, for any model");
	for (const add of [addRun, addWorker, addReport]) add(command, around);
}
