export interface TrainingSettings {
	steps: number;
	batchSize: number;
	microBatchSize: number;
	learningRate: number;
	warmupSteps: number;
	weightDecay: number;
	betas: readonly [number, number];
	epsilon: number;
	dropout: number;
	layers: number;
	encodeRatio: number;
	seed: number;
}
