import type { TensorLocation, TensorMap } from '../safetensors.ts';

/** A LoRA adapter to be merged into a base model. */
export interface LoraAdapter {
  /** A folder as PEFT's `save_pretrained` writes it: `adapter_config.json` and `adapter_model.safetensors`. */
  readonly path: string;
  /** What its changes are multiplied with, from -10 to 10; tensors that it replaces are replaced whatever the scale. @default 1 */
  readonly scale?: number | undefined;
}

/** A LoRA adapter that was merged. */
export interface LoadedAdapter {
  /** Absolute. */
  readonly path: string;
  readonly scale: number;
}

/** A change of low rank to a matrix [out, in]: `scaling * up @ down` is added to it. */
export interface LowRankUpdate {
  /** What PEFT calls lora_A: [rank, in]. */
  readonly down: TensorLocation;
  /** What PEFT calls lora_B: [out, rank]. */
  readonly up: TensorLocation;
  /** The user's scale, times alpha over the rank or over its root. */
  readonly scaling: number;
}

/** An adapter that has been checked against its base. Tensors have the names of the base's. */
export interface Adapter extends LoadedAdapter {
  /** Real path of its weights. */
  readonly file: string;
  readonly updates: ReadonlyMap<string, LowRankUpdate>;
  /** Tensors that take the place of the base's. */
  readonly replaced: TensorMap;
}

/** What adapters add to a tensor. */
export function updatesOf(name: string, adapters: readonly Adapter[]): LowRankUpdate[] {
  return adapters.flatMap(({ updates }) => updates.get(name) ?? []);
}
