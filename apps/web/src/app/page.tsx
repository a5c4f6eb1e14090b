export default function Page() {
  return <p>Berth</p>;
}
