# The production image: what requirements/run.txt pins, the four rooms, nothing of the demo or the tests.
# One image, five commands (docker-compose.yml): web, worker, beat, sequencer, witness.

FROM python:3.12-slim-bookworm AS built
ENV PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/run.txt /build/run.txt
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --no-input --only-binary :all: --require-hashes -r /build/run.txt
WORKDIR /carnet
COPY manage.py ./
COPY audit audit
COPY consent consent
COPY records records
COPY portal portal
COPY templates templates
# Demo people have one public password, and the launcher is for one machine: neither is in the image.
RUN /venv/bin/python -m portal.running.translations && rm -rf portal/demo portal/running portal/embedded.py
# Collecting needs settings but no server and no secret: these values end with this line.
RUN CARNET_PROFILE=demo SECRET_KEY=demo-000000000000000000000000000000000000000000000000000 \
    DATABASE_URL=postgresql://carnet_app@/carnet REDIS_URL=redis://localhost KEYRING_FILE=/none \
    AUDIT_ORIGIN=none AUDIT_SIGNING_KEY_FILE=/none STATIC_ROOT=/carnet/static \
    /venv/bin/python manage.py collectstatic --no-input

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin carnet \
    && install --directory --owner carnet --mode 0700 /data /witness
COPY --from=built /venv /venv
COPY --from=built /carnet /carnet
WORKDIR /carnet
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CARNET_PROFILE=production STATIC_ROOT=/carnet/static DATA_FOLDER=/data
USER carnet
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "3", \
     "--no-ws", "--respawn-failed-workers", "--log-level", "warning", "portal.wsgi:application"]
