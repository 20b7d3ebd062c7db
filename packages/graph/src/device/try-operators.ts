import { DeviceError } from "@drum/tensor";
import type { Device } from "../device.ts";
import { runtimeOf } from "../runtime/runtimes.ts";
import type { Replaced } from "./plain-forms.ts";
import { TRIAL_OPERATORS, type TrialOperator } from "./trial-operators.ts";
import type { Precision, TriedOperator } from "./tried-operator.ts";
import { tryCase } from "./try-case.ts";

/**
 * How far a result may be from the right one, as a part of its largest number. What kernels get wrong is off by a tenth and more.
 * CUDA and Core ML compute float32 in fewer digits where the hardware is faster so.
 */
const MOST: Readonly<Record<Precision, number>> = { float32: 1e-4, float16: 5e-2 };
const MOST_IN_FEWER_DIGITS = 1e-2;
const FEWER_DIGITS: ReadonlySet<Device> = new Set(["cuda", "coreml"]);

/**
 * Tries every operator that models are made of, in its own form, then, where that is wrong or missing, in its plain form.
 * @throws DeviceError that names the operator which is right in neither; the runtime's Error where that ends
 */
export async function tryOperators(
	device: Device,
	precision: Precision,
	operators: readonly TrialOperator[] = TRIAL_OPERATORS,
): Promise<TriedOperator[]> {
	const tried: TriedOperator[] = [];
	for (const operator of operators) tried.push(await tryOperator(operator, device, precision));
	return tried;
}

async function tryOperator(trial: TrialOperator, device: Device, precision: Precision): Promise<TriedOperator> {
	const { operator, plain } = trial;
	const own = await tryForm(trial, device, precision, new Set());
	const because = own.wrong ?? (own.there ? undefined : "the device has none");
	if (because === undefined) return { operator, precision, form: "own", difference: own.difference };
	if (plain) {
		const { wrong, there, difference } = await tryForm(
			trial,
			device,
			precision,
			new Set([`${plain} ${precision}` as const]),
		);
		if (!wrong && there) return { operator, precision, form: "plain", difference, because };
	}
	if (!own.wrong) return { operator, precision, form: "cpu", difference: own.difference, because };
	if (trial.optional) return { operator, precision, form: "none", difference: own.difference, because };
	throw new DeviceError({
		what: `${operator} in ${precision} on ${device}`,
		expected: `the right numbers within ${most(device, precision)} of the largest`,
		found: own.wrong,
		next: 'Use device "cpu": this device or its driver computes wrong. A newer driver may not',
	});
}

interface FormTried {
	difference: number;
	/** Whether the device had all of it. */
	there: boolean;
	/** What was wrong of the first case that was. */
	wrong?: string;
}

async function tryForm(
	{ cases }: TrialOperator,
	device: Device,
	precision: Precision,
	replaced: Replaced,
): Promise<FormTried> {
	const form: FormTried = { difference: 0, there: true };
	const { life } = runtimeOf(device);
	for (const make of cases) {
		const one = make();
		try {
			const { difference, there } = await tryCase(one, { device, precision, replaced });
			form.difference = Math.max(form.difference, difference);
			form.there &&= there;
			if (!(difference <= most(device, precision)))
				return { ...form, wrong: `a difference of ${difference.toPrecision(2)} (${one.of})` };
		} catch (cause) {
			if (life !== runtimeOf(device).life) throw cause;
			return { ...form, wrong: `${(cause as Error).message} (${one.of})` };
		}
	}
	return form;
}

function most(device: Device, precision: Precision): number {
	return precision === "float32" && FEWER_DIGITS.has(device) ? MOST_IN_FEWER_DIGITS : MOST[precision];
}
