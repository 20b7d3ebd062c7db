import type { Rates } from "./roof.ts";

/** What is measured together: the sides of a group are in memory at once and take turns. */
export interface Part {
	/** As `--only` names it. */
	name: string;
	title: string;
	/** What stands above the table. */
	about: string;
	/** What a worker is asked to do, one after another. */
	measured: readonly Measured[];
	groups: readonly (readonly Side[])[];
	/** Turns that count, after one that does not. */
	repeats: number;
	/** The side whose results the others' are compared with. */
	reference?: string;
	goals: readonly Goal[];
	/** What the table shows of the workers' answers. Default: seconds. */
	shows?: readonly ("seconds" | "peak" | "anonymous")[];
	/** What must be there before: names of what `prepare.ts` makes. */
	needs: readonly string[];
}

export interface Measured {
	/** As workers know it. */
	name: string;
	title: string;
	/** In place of the part's. */
	repeats?: number;
	/** What its first, uncounted turn is of. Default: the same. */
	warmUp?: string;
}

/** A library with a dtype. */
export interface Side {
	/** As tables name it: `drum, int8`. */
	name: string;
	/** The worker's file and its arguments: `FOLDER THREADS KIND TASK`. */
	script: string;
	kind: string;
	task: string;
	/** What most of its arithmetic is. */
	rate: keyof Rates;
	/** In place of the part's. */
	repeats?: number;
	/** Some of what is measured. Default: all. */
	only?: readonly string[];
	/** Each turn is a process of its own, and none is left out. */
	fresh?: boolean;
}

/** The most that a side's time, or another of its numbers, may be: in another's, or in seconds. */
export interface Goal {
	measured: string;
	side: string;
	/** Left out where `most` is in seconds. */
	against?: string;
	most: number;
	of?: "seconds" | "peak";
	/** Of which processor it was set. */
	note?: string;
}

/** This project's side. */
export function ours(script: string, kind: "float32" | "int8", task: string, more: Partial<Side> = {}): Side {
	return { name: `drum, ${kind}`, script: `ours/${script}.ts`, kind, task, rate: kind, ...more };
}

/** diffusers, or the method in plain PyTorch. */
export function torch(script: string, kind: "float32" | "bfloat16", task: string, more: Partial<Side> = {}): Side {
	return { name: `PyTorch, ${kind}`, script: `peers/${script}.py`, kind, task, rate: kind, ...more };
}

export function openVino(
	script: string,
	kind: "float32" | "bfloat16" | "int8",
	task: string,
	more: Partial<Side> = {},
): Side {
	return { name: `OpenVINO, ${kind}`, script: `peers/${script}.py`, kind, task, rate: kind, ...more };
}
