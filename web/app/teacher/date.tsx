import { dateTime } from '../words/format';

/** A moment in a table: on one line, in the zone of this browser. */
export const DateCell = ({ at }: { at: string | null }) =>
  at && (
    <time dateTime={at} className="one-line">
      {dateTime(at)}
    </time>
  );
