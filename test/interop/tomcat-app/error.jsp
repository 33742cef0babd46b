<%@ page contentType="text/plain; charset=utf-8" isErrorPage="true" session="false" trimDirectiveWhitespaces="true" %>
<% out.print("error " + request.getAttribute("jakarta.servlet.error.status_code") + "\n"); %>
