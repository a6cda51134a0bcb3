"""Native threads and green threads write one log: neither is left waiting."""
import subprocess
import sys

# The stream is slow, so that both are there at the same time.
PROGRAM = '''
from essex import concurrency
concurrency.patch()
import logging, sys

time = concurrency.original('time')

class Slow:
    lines = 0

    def write(self, text):
        Slow.lines += 1
        time.sleep(0.0005)

    def flush(self):
        pass

logging.basicConfig(stream=Slow(), level=logging.INFO)
LOG = logging.getLogger('x')
pool = concurrency.ThreadPool(3)

def say(name):
    for number in range(100):
        LOG.info('%s %d', name, number)
        logging.getLogger(f'{name}.{number}').isEnabledFor(logging.DEBUG)
        time.sleep(0.0001)

def green(name):
    for number in range(100):
        LOG.info('%s %d', name, number)
        concurrency.sleep()

threads = [pool.submit(say, f'native {number}') for number in range(3)]
greens = [concurrency.spawn(green, f'green {number}') for number in range(3)]
with concurrency.Timeout(15):
    for each in (*threads, *greens):
        each.wait()
print(Slow.lines)
'''


def test_both_write_one_log_to_the_end():
    done = subprocess.run([sys.executable, '-c', PROGRAM], capture_output=True, text=True, timeout=40, check=False)
    assert (done.stdout.strip(), done.returncode) == ('600', 0), done.stderr
