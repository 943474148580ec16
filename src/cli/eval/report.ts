import { join } from 'node:path';
import { type Comparison, comparisonMarkdown, comparisonSvg, writeRun } from '../../eval/index.ts';
import { comparisonRows, pairRows } from '../../eval/markdown.ts';
import { writeFileAtomically } from '../../eval/write-file.ts';
import { count } from '../terminal/amounts.ts';
import { columns } from '../terminal/columns.ts';
import { jsonLine, oneLine } from '../terminal/visible.ts';
import type { RerankedSystem } from './rerank-all.ts';

/** A comparison, and of what. */
export interface Report extends Comparison {
  /** Name of the data. */
  readonly dataset: string;
  /** Candidates of a query; `undefined` where nothing was reranked. */
  readonly topK: number | undefined;
  readonly configurations: readonly ReportConfiguration[];
}

/** A configuration, with what the library chose. */
export interface ReportConfiguration {
  readonly name: string;
  readonly model: string;
  readonly revision: string | undefined;
  readonly dtype: string | undefined;
  readonly device: string | undefined;
  readonly threads: number | undefined;
  readonly maxLength: number | undefined;
  readonly instruction: string | undefined;
  /** Tokens of a passage; `undefined` for whole documents. */
  readonly window: number | undefined;
}

export function reportConfiguration({ name, info, configuration }: RerankedSystem): ReportConfiguration {
  const { model, revision, dtype, device, threads, maxLength } = info;
  const { instruction, window } = configuration;
  return { name, model, revision, dtype, device, threads, maxLength, instruction, window };
}

/** For a terminal. */
export function reportText(report: Report): string {
  const { dataset, queries, topK, systems, samples } = report;
  const visible = (rows: readonly (readonly string[])[]): string[][] => rows.map((row) => row.map(oneLine));
  const reranked = topK === undefined ? '' : `, the best ${topK} of the first stage reranked`;
  const parts = [
    `${oneLine(dataset)}: ${count(queries, 'query', 'queries')}${reranked}\n`,
    columns(visible(comparisonRows(report)), 'right'),
  ];
  if (systems.length > 2) parts.push(columns(visible(pairRows(report)), 'right'));
  parts.push(
    `p: paired randomisation test, two-sided, ${count(samples, 'sample')}, not corrected for several tests. ` +
      'Time: median.\n',
  );
  return parts.join('\n');
}

export function reportJson(report: Report): string {
  return `${jsonLine(report)}\n`;
}

/** Writes report.json, report.md, chart.svg and a run for each system. */
export async function writeResults(folder: string, report: Report, systems: readonly RerankedSystem[]): Promise<void> {
  const files: readonly (readonly [string, string])[] = [
    ['report.json', `${JSON.stringify(report, null, 2)}\n`],
    ['report.md', comparisonMarkdown(report)],
    ['chart.svg', comparisonSvg(report)],
  ];
  for (const { run, configuration } of systems) {
    await writeRun(join(folder, `${configuration.fileName}.run`), run, configuration.fileName);
  }
  for (const [name, text] of files) await writeFileAtomically(join(folder, name), [text]);
}
