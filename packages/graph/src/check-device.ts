import { DeviceError, loadPart } from "@drum/tensor";
import type { Replaced } from "./device/plain-forms.ts";
import { load } from "./device/trial-session.ts";
import type { TriedOperator } from "./device/tried-operator.ts";
import { checkDeviceName, type Device, isProcessor } from "./device.ts";
import { type BuiltGraph, Graph } from "./graph.ts";
import { add } from "./ops/elementwise.ts";
import { loadError } from "./runtime/load-error.ts";
import { checkPlatform } from "./runtime/platform.ts";
import { runtimeOf } from "./runtime/runtimes.ts";

/** What a device computes right, and how. */
export interface DeviceTrial {
	readonly device: Device;
	/** Whether it computes in half precision; what is stored so is computed in float32 elsewhere. False for the processor. */
	readonly float16: boolean;
	/** Why it does not, in the device's words or the trial's. */
	readonly float16Refused?: string;
	/** Each operator in each precision. None for the processor, which is what others are compared with by the tests. */
	readonly operators: readonly TriedOperator[];
	/** @internal What a graph is loaded with. */
	readonly replaced: Replaced;
}

const trials = new Map<Device, Promise<DeviceTrial>>();
const ended = new Map<Device, DeviceTrial>();

/**
 * Tries a device out: every operator that models are made of is run on it with random numbers, in float32 and in half precision, and
 * compared with what JavaScript works out. What is wrong there is written by other operators that are right, attention above all.
 * Asked once per process; sessions ask by themselves. Call it before a long download or load begins.
 * @throws DeviceError when the device is unknown, does not work here, or computes wrong: it names the operator and the difference.
 */
export async function checkDevice(device: Device): Promise<DeviceTrial> {
	checkPlatform();
	checkDeviceName(device);
	const { life } = runtimeOf(device);
	const known =
		trials.get(device) ??
		trial(device).catch((error: unknown) => {
			// What ended with the runtime says nothing of the device.
			if (runtimeOf(device).life !== life) trials.delete(device);
			throw error;
		});
	trials.set(device, known);
	return known;
}

/** @throws DeviceError where the graph has an operator that is wrong on the device in any form. */
export function checkOperators({ name, operators }: BuiltGraph, { device, operators: tried }: DeviceTrial): void {
	const wrong = tried.find((each) => each.form === "none" && operators.has(`${each.operator} ${each.precision}`));
	if (!wrong) return;
	throw new DeviceError({
		what: `${name} on ${device}`,
		expected: "operators that are right there",
		found: `${wrong.operator} in ${wrong.precision} with ${wrong.because}`,
		next: 'Leave dtype out, which needs no quantised products, or use device "cpu"',
	});
}

/** The device's trial, once it has ended well. */
export function triedOn(device: Device): DeviceTrial | undefined {
	return ended.get(device);
}

async function trial(device: Device): Promise<DeviceTrial> {
	const found = isProcessor(device) ? onProcessor(device) : await onDevice(device);
	ended.set(device, found);
	return found;
}

function onProcessor(device: Device): DeviceTrial {
	return { device, float16: false, operators: [], replaced: new Set() };
}

async function onDevice(device: Device): Promise<DeviceTrial> {
	await hold(device);
	const { tryDevice } = await loadPart(() => import("./device/try-device.ts"));
	return { device, ...(await tryDevice(device)) };
}

/** Which runtime holds a session of the device that stays open. */
const held = new Map<Device, number>();

/**
 * One addition: whether there is such a device. Its session stays open, because with the last of its sessions a device lets go of the
 * shaders that were compiled for them.
 */
export async function hold(device: Device): Promise<void> {
	const { life } = runtimeOf(device);
	if (isProcessor(device) || held.get(device) === life) return;
	held.set(device, life);
	const graph = new Graph({ name: `${device} trial` });
	const x = graph.input("x", "float32", [1]);
	const built = graph.build({ y: add(x, x) });
	await load(built, device, false).catch((cause: Error) => {
		held.delete(device);
		throw loadError(cause, built.name, device);
	});
}
