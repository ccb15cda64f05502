# The site: pages, API, sockets. No torch, no GPU.
FROM python:3.13-slim AS install
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/hairline
COPY requirements/run.txt /tmp/run.txt
RUN /opt/hairline/bin/pip install --require-hashes --only-binary :all: -r /tmp/run.txt

FROM python:3.13-slim
ENV PATH=/opt/hairline/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data
RUN useradd --uid 10001 --create-home hairline && install -d -o hairline /data
COPY --from=install /opt/hairline /opt/hairline
COPY --chown=root:root . /srv/hairline
WORKDIR /srv/hairline
USER hairline
VOLUME /data
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--web-only", "--host", "0.0.0.0", "--port", "8000"]
