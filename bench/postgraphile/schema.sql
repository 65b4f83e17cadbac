-- The platform as a team would build it on PostgreSQL: PostGraphile serves these tables and functions. A grant is one
-- function: it locks the row of the student, and unique constraints keep it from paying twice.

CREATE SCHEMA app;
-- PostGraphile takes the role of a request from its token.
CREATE ROLE "STUDENT";

CREATE TYPE app.jwt_token AS (role text, sub text, exp int);
CREATE TYPE app.progress AS (level int, xp int, lifetime_xp int, aura_points int);
CREATE TYPE app.reward_line AS (rule text, text text, points int);

CREATE TABLE app.students (
  id text PRIMARY KEY,
  display_name text NOT NULL,
  time_zone text NOT NULL DEFAULT 'UTC',
  sequence int NOT NULL DEFAULT 0,
  level int NOT NULL DEFAULT 0,
  xp int NOT NULL DEFAULT 0,
  lifetime_xp int NOT NULL DEFAULT 0,
  aura_points int NOT NULL DEFAULT 0,
  submission_count int NOT NULL DEFAULT 0,
  total_pomodoro_seconds int NOT NULL DEFAULT 0,
  streak_days int NOT NULL DEFAULT 0,
  streak_longest int NOT NULL DEFAULT 0,
  streak_freezes int NOT NULL DEFAULT 0,
  last_active_on date
);
CREATE INDEX ON app.students (aura_points DESC, id);

CREATE TABLE app.assignments (
  id text PRIMARY KEY,
  course_id text NOT NULL,
  title text NOT NULL,
  due_date timestamptz NOT NULL,
  closes_at timestamptz
);
CREATE INDEX ON app.assignments (course_id, due_date);

CREATE TABLE app.enrolments (
  student_id text REFERENCES app.students,
  course_id text,
  PRIMARY KEY (student_id, course_id)
);
CREATE INDEX ON app.enrolments (course_id, student_id);

CREATE TABLE app.badges (
  id text PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL,
  counter text NOT NULL,
  threshold int NOT NULL
);

-- The ledger.
CREATE TABLE app.rewards (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  student_id text NOT NULL REFERENCES app.students,
  sequence int NOT NULL,
  reason text NOT NULL,
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  operation text NOT NULL,
  request_key text,
  fingerprint text NOT NULL,
  xp int NOT NULL,
  aura_points int NOT NULL,
  before app.progress NOT NULL,
  after app.progress NOT NULL,
  lines app.reward_line[] NOT NULL,
  leveled_up boolean NOT NULL,
  surplus_discarded int NOT NULL,
  streak_days int NOT NULL,
  local_date date NOT NULL,
  action jsonb NOT NULL,
  rules_version int NOT NULL,
  granted_at timestamptz NOT NULL,
  UNIQUE (student_id, sequence),
  UNIQUE (student_id, subject_kind, subject_id),
  UNIQUE (student_id, operation, request_key)
);
CREATE INDEX ON app.rewards (student_id, local_date);

CREATE TABLE app.submissions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  student_id text NOT NULL REFERENCES app.students,
  assignment_id text NOT NULL REFERENCES app.assignments,
  reward_id uuid NOT NULL UNIQUE REFERENCES app.rewards,
  content text NOT NULL,
  submitted_at timestamptz NOT NULL,
  late boolean NOT NULL,
  revision int NOT NULL DEFAULT 0,
  UNIQUE (student_id, assignment_id)
);
CREATE INDEX ON app.submissions (assignment_id, submitted_at DESC);

CREATE TABLE app.unlocked_badges (
  student_id text REFERENCES app.students,
  badge_id text REFERENCES app.badges,
  reward_id uuid NOT NULL REFERENCES app.rewards,
  unlocked_at timestamptz NOT NULL,
  PRIMARY KEY (student_id, badge_id)
);
CREATE INDEX ON app.unlocked_badges (reward_id);

CREATE TYPE app.submit_result AS (
  replayed boolean,
  reward app.rewards,
  student app.students,
  submission app.submissions,
  xp_for_next_level int
);

CREATE FUNCTION app.xp_for_next_level(level int) RETURNS int LANGUAGE sql IMMUTABLE
  AS $$ SELECT 100 * (level + 1) * (level + 1) $$;

CREATE FUNCTION app.submit_assignment(assignment_id text, content text, idempotency_key text)
RETURNS app.submit_result LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
#variable_conflict use_column
DECLARE
  me app.students;
  assignment app.assignments;
  reward app.rewards;
  submission app.submissions;
  before app.progress;
  lines app.reward_line[];
  at timestamptz := clock_timestamp();
  today date;
  missed int;
  points int;
  surplus int := 0;
  is_late boolean;
  hash text := encode(sha256(convert_to($1 || $2, 'UTF8')), 'base64');
BEGIN
  SELECT * INTO me FROM app.students WHERE id = current_setting('jwt.claims.sub', true) FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'You are not signed in as a student.'; END IF;

  SELECT * INTO reward FROM app.rewards
    WHERE student_id = me.id AND operation = 'submitAssignment' AND request_key = $3;
  IF FOUND AND reward.fingerprint <> hash THEN
    RAISE EXCEPTION 'This idempotency key was used for another request.';
  END IF;
  IF NOT FOUND THEN
    SELECT * INTO reward FROM app.rewards
      WHERE student_id = me.id AND subject_kind = 'assignment' AND subject_id = $1;
  END IF;
  IF FOUND THEN
    SELECT * INTO submission FROM app.submissions WHERE reward_id = reward.id;
    RETURN (true, reward, me, submission, app.xp_for_next_level(me.level));
  END IF;

  SELECT a.* INTO assignment FROM app.assignments a
    JOIN app.enrolments e ON e.course_id = a.course_id AND e.student_id = me.id
    WHERE a.id = $1;
  IF NOT FOUND THEN RAISE EXCEPTION 'There is no such assignment in your courses.'; END IF;
  IF assignment.closes_at < at THEN RAISE EXCEPTION 'This assignment is closed.'; END IF;

  is_late := at > assignment.due_date;
  IF is_late THEN
    points := -10 * ceil(extract(epoch FROM at - assignment.due_date) / 86400);
    lines := ARRAY[('submitted', 'Handed in', 50)::app.reward_line, ('late-days', 'Late', points)];
    IF 50 + points < 10 THEN lines := lines || ('floor', 'The least', -40 - points)::app.reward_line; END IF;
    points := greatest(10, 50 + points);
  ELSE
    points := 10 * floor(extract(epoch FROM assignment.due_date - at) / 86400);
    lines := ARRAY[('on-time', 'Handed in on time', 50)::app.reward_line];
    IF points > 0 THEN lines := lines || ('early-days', 'Early', points)::app.reward_line; END IF;
    IF points > 50 THEN lines := lines || ('cap', 'The most', 50 - points)::app.reward_line; END IF;
    points := least(100, 50 + points);
  END IF;

  before := (me.level, me.xp, me.lifetime_xp, me.aura_points);
  me.sequence := me.sequence + 1;
  me.submission_count := me.submission_count + 1;
  me.lifetime_xp := me.lifetime_xp + points;
  me.aura_points := me.aura_points + points;
  me.xp := me.xp + points;
  IF me.xp >= app.xp_for_next_level(me.level) THEN
    surplus := me.xp - app.xp_for_next_level(me.level);
    me.level := me.level + 1;
    me.xp := 0;
  END IF;

  today := greatest((at AT TIME ZONE me.time_zone)::date, me.last_active_on);
  missed := today - me.last_active_on - 1;
  IF missed IS NULL OR missed >= 0 THEN
    IF missed <= me.streak_freezes THEN
      me.streak_days := me.streak_days + 1;
      me.streak_freezes := me.streak_freezes - missed;
    ELSE
      me.streak_days := 1;
    END IF;
    IF me.streak_days % 7 = 0 THEN me.streak_freezes := least(2, me.streak_freezes + 1); END IF;
    me.streak_longest := greatest(me.streak_longest, me.streak_days);
    me.last_active_on := today;
  END IF;

  UPDATE app.students SET
    sequence = me.sequence, level = me.level, xp = me.xp, lifetime_xp = me.lifetime_xp, aura_points = me.aura_points,
    submission_count = me.submission_count, streak_days = me.streak_days, streak_longest = me.streak_longest,
    streak_freezes = me.streak_freezes, last_active_on = me.last_active_on
  WHERE id = me.id;
  INSERT INTO app.rewards (
    student_id, sequence, reason, subject_kind, subject_id, operation, request_key, fingerprint, xp, aura_points,
    before, after, lines, leveled_up, surplus_discarded, streak_days, local_date, action, rules_version, granted_at
  ) VALUES (
    me.id, me.sequence, 'ASSIGNMENT_SUBMITTED', 'assignment', $1, 'submitAssignment', $3, hash, points, points,
    before, (me.level, me.xp, me.lifetime_xp, me.aura_points), lines, me.level > before.level, surplus,
    me.streak_days, today,
    jsonb_build_object('kind', 'AssignmentSubmitted', 'at', at, 'localDate', today, 'dueDate', assignment.due_date),
    1, at
  ) RETURNING * INTO reward;
  INSERT INTO app.submissions (student_id, assignment_id, reward_id, content, submitted_at, late)
    VALUES (me.id, $1, reward.id, $2, at, is_late) RETURNING * INTO submission;
  INSERT INTO app.unlocked_badges (student_id, badge_id, reward_id, unlocked_at)
    SELECT me.id, b.id, reward.id, at FROM app.badges b
    WHERE b.threshold <= CASE b.counter
        WHEN 'SUBMISSIONS' THEN me.submission_count
        WHEN 'STREAK_DAYS' THEN me.streak_days
        WHEN 'LEVEL' THEN me.level
        ELSE me.total_pomodoro_seconds / 60 END
      AND NOT EXISTS (SELECT FROM app.unlocked_badges u WHERE u.student_id = me.id AND u.badge_id = b.id);
  RETURN (false, reward, me, submission, app.xp_for_next_level(me.level));
END $$;

GRANT USAGE ON SCHEMA app TO "STUDENT";
GRANT SELECT ON ALL TABLES IN SCHEMA app TO "STUDENT";
-- A student sees its own rows.
ALTER TABLE app.students ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.students FOR SELECT USING (id = current_setting('jwt.claims.sub', true));
ALTER TABLE app.unlocked_badges ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.unlocked_badges FOR SELECT USING (student_id = current_setting('jwt.claims.sub', true));
ALTER TABLE app.submissions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.submissions FOR SELECT USING (student_id = current_setting('jwt.claims.sub', true));
ALTER TABLE app.rewards ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.rewards FOR SELECT USING (student_id = current_setting('jwt.claims.sub', true));
