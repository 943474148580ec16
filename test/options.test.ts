import { describe, expect, test } from 'vitest';
import { readLoadOptions, readRerankOptions, readScoreOptions } from '../src/options.ts';
import type { LoadOptions, RerankOptions } from '../src/types.ts';

/** Values as an untyped caller may give them. */
const load = (options: unknown) => () => readLoadOptions(options as LoadOptions);
const rerank = (options: unknown) => () => readRerankOptions(options as RerankOptions<string>);

describe('options', () => {
  test.each([
    [{ device: 'tpu' }, /option device of Reranker.load must be one of 'auto', 'cpu', .*not "tpu"/],
    [{ dtype: 'q8' }, /option dtype .* must be one of 'auto', 'fp32', 'bf16', 'fp16', 'int8', 'int4', not "q8"/],
    [
      { device: 'cpu', dtype: 'bf16' },
      /dtype of Reranker.load is 'bf16', which does not run on device 'cpu': use device: 'cuda'/,
    ],
    [
      { device: 'cuda', dtype: 'int8' },
      /'int8', which does not run on device 'cuda': use device: 'cpu', or dtype: 'fp32'/,
    ],
    [{ dtype: 'int8', device: 'webgpu' }, /dtype .* is 'int8', which does not run on device 'webgpu'/],
    [{ dtype: 'int4', device: 'webgpu' }, /dtype .* is 'int4', which does not run on device 'webgpu'/],
    [{ compiledMaxBytes: -1 }, /option compiledMaxBytes .* at least 0, not -1/],
    [{ compiledDir: 5 }, /option compiledDir .* must be a string, not 5/],
    [{ threads: 0 }, /option threads .* integer from 1 to 1024, not 0/],
    [
      { adapters: './adapter' },
      /option adapters of Reranker.load must be a list of \{ path, scale \}, not "\.\/adapter"/,
    ],
    [{ adapters: ['./adapter'] }, /options of adapters\[0\] of Reranker.load must be an object, not "\.\/adapter"/],
    [{ adapters: [{ path: 'a' }, { scale: 1 }] }, /adapters\[1\] of Reranker.load has no path/],
    [{ adapters: [{ path: '' }] }, /adapters\[0\] of Reranker.load has no path/],
    [{ adapters: [{ path: 'a', scale: 11 }] }, /option scale of adapters\[0\] .* a number from -10 to 10, not 11/],
    [{ adapters: [{ path: 'a', scale: Number.NaN }] }, /a number from -10 to 10, not NaN/],
    [{ adapters: [{ path: 'a', weight: 1 }] }, /adapters\[0\] of Reranker.load has no option "weight"/],
    [
      { adapters: [{ path: 'a' }], onnxFile: 'model.onnx' },
      /onnxFile and adapters of Reranker.load exclude each other/,
    ],
    [{ maxLength: 63 }, /option maxLength .* at least 64, not 63/],
    [{ maxLength: 100.5 }, /not 100.5/],
    [{ tokenBudget: '4096' }, /option tokenBudget .* not "4096"/],
    [{ attentionBudgetBytes: 10 }, /attentionBudgetBytes .* at least 1000000, not 10/],
    [{ maxQueuedDocuments: Number.POSITIVE_INFINITY }, /not Infinity/],
    [{ onProgress: {} }, /option onProgress .* a function, not an object/],
    [{ signal: new AbortController() }, /option signal .* an AbortSignal, not an instance of AbortController/],
    [{ offline: 1 }, /option offline .* true or false, not 1/],
    [
      { deviceId: 1, device: 'cpu' },
      /deviceId of Reranker.load is 1, but "cpu" is not numbered; it goes with cuda and dml/,
    ],
    [
      { device: 'cuda', devices: [] },
      /devices of Reranker.load must be a list of integers from 0 to 1023, not an array/,
    ],
    [{ device: 'cuda', devices: [0, 1.5] }, /must be a list of integers/],
    [{ devices: [0, 1] }, /devices of Reranker.load goes with device 'cuda', not "auto"/],
    [{ topN: 5 }, /Reranker.load has no option "topN"; its options are device, /],
    [null, /options of Reranker.load must be an object, not null/],
    ['cpu', /must be an object, not "cpu"/],
  ])('load(%j) is refused', (options, message) => {
    expect(load(options)).toThrow(message);
    expect(load(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  test.each([
    [{ topN: 0 }, /option topN of rerank must be an integer, at least 1, not 0/],
    [{ minScore: 1.1 }, /option minScore of rerank must be a number from 0 to 1, not 1.1/],
    [{ minScore: Number.NaN }, /not NaN/],
    [{ priority: Number.POSITIVE_INFINITY }, /option priority of rerank must be a finite number, not Infinity/],
    [{ text: 'body' }, /option text of rerank must be a function, not "body"/],
    [{ topK: 5 }, /rerank has no option "topK"/],
    [
      { longDocuments: 'split' },
      /option longDocuments of rerank must be 'truncate' or \{ window, overlap, combine \}, not "split"/,
    ],
    [{ longDocuments: null }, /must be 'truncate' or .*, not null/],
    [
      { longDocuments: { window: 31 } },
      /option window of longDocuments of rerank must be an integer, at least 32, not 31/,
    ],
    [
      { longDocuments: { window: 64, overlap: 32 } },
      /overlap of longDocuments of rerank is 32; it must be less than half of the window, 64/,
    ],
    [{ longDocuments: { overlap: -1 } }, /option overlap .* at least 0, not -1/],
    [{ longDocuments: { combine: 'sum' } }, /option combine .* one of 'max', 'mean', 'first', not "sum"/],
    [{ longDocuments: { stride: 1 } }, /longDocuments of rerank has no option "stride"/],
    [{ ['__proto__x']: 1 }, /no option "__proto__x"/],
  ])('rerank(%j) is refused', (options, message) => {
    expect(rerank(options)).toThrow(message);
  });

  test('good ones pass, and undefined counts as absent', () => {
    const options: LoadOptions = { device: 'cuda', deviceId: 1, dtype: 'fp32', threads: 2, maxLength: 64 };
    expect(readLoadOptions(options)).toEqual(options);
    // Whether a device that is yet to be chosen runs it is found out later.
    for (const device of ['auto', 'cpu', undefined] as const) expect(load({ dtype: 'int8', device })).not.toThrow();
    expect(load({ dtype: 'auto', device: 'cuda' })).not.toThrow();
    expect(load({ device: undefined, signal: undefined })()).toEqual({});
    expect(readRerankOptions({ topN: 1, minScore: 1, priority: -1.5, instruction: '' })).toMatchObject({ topN: 1 });
    expect(readScoreOptions({ signal: AbortSignal.abort() }).signal?.aborted).toBe(true);
  });

  test('long documents are truncated unless they are to be split, with defaults that go with the window', () => {
    expect(readRerankOptions({ longDocuments: 'truncate' })).toEqual({});
    const of = (longDocuments: RerankOptions<string>['longDocuments']) =>
      readRerankOptions({ longDocuments }).longDocuments;
    expect(of({})).toEqual({ window: 512, overlap: 64, combine: 'max' });
    expect(of({ window: 33, combine: 'first' })).toEqual({ window: 33, overlap: 4, combine: 'first' });
    expect(of({ overlap: 0 })).toEqual({ window: 512, overlap: 0, combine: 'max' });
  });

  test('inherited ones count, and each is read once', () => {
    expect(rerank(Object.create({ topN: 'two' }))).toThrow(/option topN .* not "two"/);
    expect(rerank(Object.create({ topN: 2 }))()).toEqual({ topN: 2 });
    let reads = 0;
    class Changing {
      get topN() {
        return reads++ === 0 ? 1 : -1;
      }
    }
    expect(rerank(new Changing())()).toEqual({ topN: 1 });
    expect(reads).toBe(1);
  });
});
