import type { SchedulerName } from "@drum/pipeline";
import { Option } from "commander";
import { within } from "./numbers.ts";

/** A record, so that the compiler knows when one is missing; the package that has them is loaded when it is needed. */
const SCHEDULERS: Readonly<Record<SchedulerName, true>> = {
	ddim: true,
	ddpm: true,
	pndm: true,
	lms: true,
	"lms-karras": true,
	euler: true,
	"euler-karras": true,
	"euler-ancestral": true,
	heun: true,
	"heun-karras": true,
	dpm2: true,
	"dpm2-karras": true,
	"dpm2-ancestral": true,
	"dpm2-ancestral-karras": true,
	"dpm++sde": true,
	"dpm++sde-karras": true,
	"dpm++2s": true,
	"dpm++2s-karras": true,
	"dpm++2m": true,
	"dpm++2m-karras": true,
	"dpm++2m-sde": true,
	"dpm++2m-sde-karras": true,
	"dpm++3m": true,
	"dpm++3m-karras": true,
	"dpm++3m-sde": true,
	"dpm++3m-sde-karras": true,
	deis: true,
	"deis-karras": true,
	unipc: true,
	"unipc-karras": true,
	sa: true,
	"sa-karras": true,
	lcm: true,
	tcd: true,
	"edm-euler": true,
	"edm-dpm++2m": true,
	"flow-match-euler": true,
	"flow-match-heun": true,
	"flow-match-lcm": true,
};

export function schedulerOption(): Option {
	return new Option("--scheduler <name>", "sampler in place of the model's own").choices(Object.keys(SCHEDULERS));
}

/** Parses a side of a picture. */
export const pixels = within("a multiple of 8, from 8 to 16384", (value) => {
	return value >= 8 && value <= 16384 && value % 8 === 0;
});
