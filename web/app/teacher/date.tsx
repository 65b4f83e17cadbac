import { words } from '../words/en';
import { dateTime } from '../words/format';

/** A moment in a table, in the zone of this browser. */
export const DateCell = ({ at }: { at: string }) => <time dateTime={at}>{dateTime(at)}</time>;

/** When something was handed in, and when it was changed after that. */
export const RevisedAt = ({ at }: { at: string | null }) =>
  at && <div className="small muted">{words.handIn.changed(dateTime(at))}</div>;
