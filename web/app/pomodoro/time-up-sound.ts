/** Hertz: the A above middle C, which small speakers play well. */
const PITCH = 440;
const SECONDS = 0.6;
/** Of the full volume. */
const VOLUME = 0.2;

/** One soft tone. Browsers allow it after the person has used the page. */
export function playTimeUp(): void {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = PITCH;
  volume.gain.setValueAtTime(VOLUME, audio.currentTime);
  volume.gain.linearRampToValueAtTime(0, audio.currentTime + SECONDS);
  tone.connect(volume).connect(audio.destination);
  tone.onended = () => {
    audio.close().catch(() => {});
  };
  tone.start();
  tone.stop(audio.currentTime + SECONDS);
}
