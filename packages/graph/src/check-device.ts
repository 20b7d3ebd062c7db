import { checkDeviceName, type Device } from "./device.ts";
import { Graph } from "./graph.ts";
import { checkNode } from "./node-version.ts";
import { add } from "./ops/elementwise.ts";
import { Session } from "./session.ts";

const works = new Map<Device, Promise<void>>();

/**
 * Runs one addition on the device, which is the only way to know that it works; asked once per process.
 * Call it before a long download or load begins.
 * @throws DeviceError when the device is unknown or does not work here.
 */
export async function checkDevice(device: Device): Promise<void> {
	checkNode();
	checkDeviceName(device);
	const known = works.get(device) ?? trial(device);
	works.set(device, known);
	return known;
}

async function trial(device: Device): Promise<void> {
	if (device === "cpu") return;
	const graph = new Graph({ name: `${device} trial` });
	const x = graph.input("x", "float32", [1]);
	const session = await Session.create(graph.build({ y: add(x, x) }), { device });
	await session.release();
}
