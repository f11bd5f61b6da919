export default () => void setInterval(() => {}, 1000);
