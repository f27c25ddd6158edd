/** The formats of a clip's report, an entry each. What makes one is loaded when it is written. */
import { formatsOf, type OutputFormat } from '../../node/files/output-format.js';
import type { VideoReportOptions } from '../../report/pages/video-report.js';

export interface ReportFormat extends OutputFormat {
  make(report: VideoReportOptions): Promise<string | Uint8Array>;
}

export const REPORT_FORMATS = [
  {
    name: 'html',
    ending: 'report.html',
    type: 'text/html; charset=utf-8',
    always: true,
    says: 'the report, a single file',
    make: async (report) => (await import('../../report/pages/video-report.js')).videoReport(report),
  },
] as const satisfies readonly ReportFormat[];

/** The usual formats and those asked for. */
export function reportFormats(asked: readonly string[]): readonly ReportFormat[] {
  return formatsOf<ReportFormat>(REPORT_FORMATS, asked);
}
