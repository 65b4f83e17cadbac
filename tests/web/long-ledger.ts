import { Types } from 'mongoose';
import { findAccountByEmail } from '../../src/storage/account-store.js';
import { PomodoroSessionModel } from '../../src/storage/models/pomodoro-session.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';

/** Adds so many rows to the ledger of a student of the demonstration: copies of the last session and its reward. */
export async function givenLongLedger(email: string, more: number): Promise<void> {
  const studentId = new Types.ObjectId(String((await findAccountByEmail(email))!.id));
  const [rewards, sessions, students] = [RewardModel, PomodoroSessionModel, StudentModel].map((one) => one.collection);
  const student = (await students!.findOne({ _id: studentId }))!;
  const reward = (await rewards!.findOne({ studentId, 'subject.kind': 'pomodoro' }, { sort: { sequence: -1 } }))!;
  const session = (await sessions!.findOne({ _id: reward.subject.id }))!;
  const ids = Array.from({ length: more }, () => new Types.ObjectId());
  const { requestKey: _ofReward, ...row } = reward;
  const { requestKey: _ofSession, ...copied } = session;
  await sessions!.insertMany(ids.map((_id) => ({ ...copied, _id })));
  await rewards!.insertMany(
    ids.map((id, index) => ({
      ...row,
      _id: new Types.ObjectId(),
      sequence: student.sequence + 1 + index,
      subject: { kind: 'pomodoro', id },
      grantedAt: new Date(Date.now() - (more - index) * 60_000),
    })),
  );
  await students!.updateOne({ _id: studentId }, { $inc: { sequence: more } });
}
